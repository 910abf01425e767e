variable "documents" {
  description = "The folder into which `ecsbot iam all --out` has written the documents of your configuration."
  type        = string
  default     = "../iam"
}

variable "image" {
  description = "The bot's image, with your ecsbot.yaml at /etc/ecsbot/ecsbot.yaml."
  type        = string
}

variable "cluster" {
  description = "The ECS cluster in which the bot runs: no other environment's, and none that it may act in."
  type        = string
}

variable "subnets" {
  description = "Subnets with a way out to Slack and AWS. Nothing has to come in."
  type        = list(string)
}

variable "security_groups" {
  description = "Security groups that let nothing in and HTTPS out."
  type        = list(string)
}

variable "replicas" {
  description = "How many processes share the ledger."
  type        = number
  default     = 2
}

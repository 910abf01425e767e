# The bot on Fargate, with its ledger in DynamoDB, in one account. The IAM documents, the table
# and the task definition stand in the files beside this folder and are not repeated here.
# Your configuration must say `ledger: {dynamodb: {table: ecsbot}}` when its documents are printed.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

locals {
  iam   = "${path.module}/${var.documents}"
  table = jsondecode(file("${path.module}/../dynamodb-table.json"))
  task  = jsondecode(file("${path.module}/../task-definition.json"))
  bot   = local.task.containerDefinitions[0]
  logs  = local.bot.logConfiguration.options

  # A document that is too large for one policy goes on in operator-2.json, guard-2.json, …
  operator = toset([for name in fileset(local.iam, "*.json") : trimsuffix(name, ".json") if can(regex("^(operator|guard|fences)(-[0-9]+)?\\.json$", name))])
}

# The bot's own role: it looks, and assumes operator roles.
resource "aws_iam_role" "bot" {
  name               = "ecsbot"
  assume_role_policy = file("${local.iam}/base-trust.json")
}

resource "aws_iam_policy" "base" {
  name   = "ecsbot-base"
  policy = file("${local.iam}/base.json")
}

resource "aws_iam_role_policy_attachment" "base" {
  role       = aws_iam_role.bot.name
  policy_arn = aws_iam_policy.base.arn
}

# The operator role does the work. It must carry no tag that sessions have (Environment,
# Operation, Approved, ApprovedBy, RequestId), not by the provider's default_tags either.
resource "aws_iam_role" "operator" {
  name                 = "ecsbot-operator"
  assume_role_policy   = file("${local.iam}/trust.json")
  max_session_duration = 3600
  depends_on           = [aws_iam_role.bot]
}

resource "aws_iam_policy" "operator" {
  for_each = local.operator
  name     = "ecsbot-${each.key}"
  policy   = file("${local.iam}/${each.key}.json")
}

resource "aws_iam_role_policy_attachment" "operator" {
  for_each   = local.operator
  role       = aws_iam_role.operator.name
  policy_arn = aws_iam_policy.operator[each.key].arn
}

# ECS starts the task with this one: it pulls the image, writes the log and reads the secrets.
resource "aws_iam_role" "execution" {
  name = "ecsbot-execution"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "secrets" {
  name = "secrets"
  role = aws_iam_role.execution.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = [for secret in local.bot.secrets : "${secret.valueFrom}-*"] }]
  })
}

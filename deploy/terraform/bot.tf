resource "aws_dynamodb_table" "ledger" {
  name                        = local.table.TableName
  billing_mode                = local.table.BillingMode
  hash_key                    = local.table.KeySchema[0].AttributeName
  range_key                   = local.table.KeySchema[1].AttributeName
  deletion_protection_enabled = local.table.DeletionProtectionEnabled

  dynamic "attribute" {
    for_each = local.table.AttributeDefinitions
    content {
      name = attribute.value.AttributeName
      type = attribute.value.AttributeType
    }
  }

  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_cloudwatch_log_group" "bot" {
  name              = local.logs["awslogs-group"]
  retention_in_days = 400 # the second copy of every entry
}

resource "aws_ecs_task_definition" "bot" {
  family                   = local.task.family
  task_role_arn            = aws_iam_role.bot.arn
  execution_role_arn       = aws_iam_role.execution.arn
  network_mode             = local.task.networkMode
  requires_compatibilities = local.task.requiresCompatibilities
  cpu                      = local.task.cpu
  memory                   = local.task.memory
  container_definitions    = jsonencode([merge(local.bot, { image = var.image })])

  dynamic "volume" {
    for_each = local.task.volumes
    content {
      name = volume.value.name
    }
  }
}

resource "aws_ecs_service" "bot" {
  name                   = "ecsbot"
  cluster                = var.cluster
  task_definition        = aws_ecs_task_definition.bot.arn
  desired_count          = var.replicas
  launch_type            = "FARGATE"
  enable_execute_command = false

  network_configuration {
    subnets         = var.subnets
    security_groups = var.security_groups
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  depends_on = [aws_cloudwatch_log_group.bot, aws_dynamodb_table.ledger, aws_iam_role_policy_attachment.base]
}

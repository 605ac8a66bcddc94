"""This file changes when the pieces that the contract tests' hand-written templates share change."""

from textwrap import dedent
from typing import Any

Resource = dict[str, Any]


def template(resources: dict[str, Resource], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "Resources": resources,
        "Outputs": {name: {"Value": value} for name, value in (outputs or {}).items()},
    }


def role() -> Resource:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            }
        },
    }


def function(code: str, *, variables: dict[str, Any] | None = None, **more: Any) -> Resource:
    """A function from its text; it needs `Role` beside it."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": arn("Role"),
            "Timeout": 10,
            "Code": {"ZipFile": dedent(code)},
            "Environment": {"Variables": variables or {}},
            **more,
        },
    }


def machine(states: dict[str, Any], start: str, **substitutions: Any) -> Resource:
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": arn("Role"),
            "Definition": {"StartAt": start, "States": states},
            "DefinitionSubstitutions": substitutions,
        },
    }


def arn(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def integration(function: str) -> dict[str, str]:
    """The address under which API Gateway calls a function."""
    gateway = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
    return {"Fn::Sub": f"{gateway}/${{{function}.Arn}}/invocations"}

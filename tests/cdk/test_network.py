"""Who can reach whom."""

from typing import Any

from tests.cdk.assembly import Assembly

INTERFACES = {"bedrock-runtime", "secretsmanager", "kms", "sts", "logs", "lambda", "sns", "sqs", "states"}


def test_data_is_reached_by_functions_alone_and_on_one_port(cloud: Assembly) -> None:
    doors = {
        (
            cloud.label(rule.stack, rule.properties["GroupId"]),
            cloud.label(rule.stack, rule.properties["SourceSecurityGroupId"]),
            rule.properties["FromPort"],
            rule.properties["ToPort"],
        )
        for rule in cloud.all("AWS::EC2::SecurityGroupIngress")
    }

    assert doors == {
        ("Network/Database", "Network/Functions", 5433, 5433),
        ("Network/Cache", "Network/Functions", 6390, 6390),
        ("Network/Endpoints", "Network/Functions", 443, 443),
    }
    assert not [
        group.path for group in cloud.all("AWS::EC2::SecurityGroup") if "SecurityGroupIngress" in group.properties
    ]


def test_only_functions_may_open_connections(cloud: Assembly) -> None:
    talkers = {
        cloud.label(rule.stack, rule.properties["GroupId"]) for rule in cloud.all("AWS::EC2::SecurityGroupEgress")
    }
    open_groups = {
        group.path
        for group in cloud.all("AWS::EC2::SecurityGroup")
        for rule in group.properties["SecurityGroupEgress"]
        if rule["CidrIp"] != "255.255.255.255/32"  # how CDK writes "nowhere"
    }

    assert talkers == open_groups == {"Network/Functions"}


def test_no_subnet_of_functions_or_data_has_a_way_out_but_the_one_that_pays(cloud: Assembly) -> None:
    ways_out = [cloud.label(route.stack, route.properties["RouteTableId"]) for route in cloud.all("AWS::EC2::Route")]

    assert ways_out
    assert {table.split("/")[2].partition("Subnet")[0] for table in ways_out} == {"public", "outward"}
    assert not [subnet.path for subnet in cloud.all("AWS::EC2::Subnet") if subnet.properties.get("MapPublicIpOnLaunch")]


def test_every_service_that_functions_call_has_an_endpoint(cloud: Assembly) -> None:
    kinds: dict[str, set[str]] = {"Interface": set(), "Gateway": set()}
    for endpoint in cloud.all("AWS::EC2::VPCEndpoint"):
        kinds[endpoint.properties["VpcEndpointType"]].add(_service(endpoint.properties["ServiceName"]))

    assert kinds == {"Interface": INTERFACES, "Gateway": {"s3", "dynamodb"}}


def test_functions_data_and_balancers_have_a_tier_of_subnets_each_in_two_zones(cloud: Assembly) -> None:
    tiers: dict[str, int] = {}
    for subnet in cloud.all("AWS::EC2::Subnet"):
        (name,) = [tag["Value"] for tag in subnet.properties["Tags"] if tag["Key"] == "aws-cdk:subnet-name"]
        tiers[name] = tiers.get(name, 0) + 1

    assert tiers == {"public": 2, "private": 2, "isolated": 2, "outward": 2}
    assert cloud.all("AWS::EC2::FlowLog")


def _service(name: Any) -> str:
    text = name if isinstance(name, str) else "".join(part for part in name["Fn::Join"][1] if isinstance(part, str))
    return text.rpartition(".")[2]

"""The page's distribution answers at the laptop's own address, with its policy's headers; functions find their APIs."""

import json

import pytest
import urllib3

from tests.integration.laptop.launcher import Laptop
from tests.integration.laptop.templates import function, ref, role, template

CONFIG = "DistributionConfig"


@pytest.fixture(scope="module")
def outputs(laptop: Laptop) -> dict[str, str]:
    origin = {
        "Id": "files",
        "DomainName": {"Fn::GetAtt": ["Files", "RegionalDomainName"]},
        "OriginAccessControlId": {"Fn::GetAtt": ["Control", "Id"]},
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    behavior = {
        "TargetOriginId": "files",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "ResponseHeadersPolicyId": ref("Headers"),
    }
    resources = {
        "Role": role(),
        "Files": {"Type": "AWS::S3::Bucket"},
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": ref("Files"),
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudfront.amazonaws.com"},
                            "Action": "s3:GetObject",
                            "Resource": {"Fn::Sub": "${Files.Arn}/*"},
                        }
                    ],
                },
            },
        },
        "Control": {
            "Type": "AWS::CloudFront::OriginAccessControl",
            "Properties": {
                "OriginAccessControlConfig": {
                    "Name": "control",
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        },
        "Headers": {
            "Type": "AWS::CloudFront::ResponseHeadersPolicy",
            "Properties": {
                "ResponseHeadersPolicyConfig": {
                    "Name": "headers",
                    "SecurityHeadersConfig": {
                        "ContentSecurityPolicy": {"ContentSecurityPolicy": "default-src 'none'", "Override": True}
                    },
                }
            },
        },
        "Distribution": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                CONFIG: {
                    "Enabled": True,
                    "DefaultRootObject": "index.html",
                    "Origins": [origin],
                    "DefaultCacheBehavior": behavior,
                }
            },
        },
        "Speaker": function(
            "import os\n\n\ndef handler(event, context):\n    return dict(os.environ)\n",
            variables={
                "MANAGEMENT_URL": "https://s0ck3t.execute-api.us-east-1.amazonaws.com/live",
                "SOCKET_URL": "wss://s0ck3t.execute-api.us-east-1.amazonaws.com/live",
                "ELSEWHERE": "https://execute-api.example/live",
            },
        ),
    }
    made = laptop.deploy("page", template(resources, {"Files": ref("Files"), "Speaker": ref("Speaker")}))
    laptop.client("s3").put_object(Bucket=made["Files"], Key="index.html", Body=b"<p>hello", ContentType="text/html")
    laptop.client("s3").put_object(Bucket=made["Files"], Key="page.js", Body=b"1", ContentType="text/javascript")
    return made


@pytest.mark.parametrize(
    ("path", "body"), [("/page/", "<p>hello"), ("/page/index.html", "<p>hello"), ("/page/page.js", "1")]
)
def test_the_page_is_at_the_laptops_own_address(laptop: Laptop, outputs: dict[str, str], path: str, body: str) -> None:
    assert laptop.call("GET", path) == (200, body)


def test_its_headers_are_those_of_its_policy(laptop: Laptop, outputs: dict[str, str]) -> None:

    answer = urllib3.request("GET", f"{laptop.endpoint}/page/", timeout=10, retries=False)

    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert answer.headers["content-type"] == "text/html"


def test_what_is_not_there_is_not_found_and_nothing_else_is_moved(laptop: Laptop, outputs: dict[str, str]) -> None:
    assert laptop.call("GET", "/page/missing.html")[0] in {403, 404}
    assert laptop.call("GET", "/_ministack/health")[0] == 200


def test_a_function_finds_the_laptops_apis_where_they_are(laptop: Laptop, outputs: dict[str, str]) -> None:
    told = laptop.invoke(outputs["Speaker"])

    assert told["MANAGEMENT_URL"] == f"{laptop.endpoint}/_aws/execute-api/s0ck3t/live"
    assert told["SOCKET_URL"] == f"{laptop.endpoint.replace('http:', 'ws:')}/_aws/execute-api/s0ck3t/live"
    assert told["ELSEWHERE"] == "https://execute-api.example/live", json.dumps(told)

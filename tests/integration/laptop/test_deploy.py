"""Deploying touches what has changed, in the order of the stacks' needs, and says what went wrong."""

from pathlib import Path

import pytest

from local.deploy import BadAssembly, Outputs, StackFailed, deploy
from tests.integration.laptop.launcher import Laptop, write_assembly
from tests.integration.laptop.templates import arn, ref, template


def test_stacks_are_deployed_after_those_that_they_import_from(laptop: Laptop, tmp_path: Path) -> None:
    data = template({"Bucket": {"Type": "AWS::S3::Bucket"}}, {"DataBucket": ref("Bucket")})
    data["Outputs"]["ExportsOutputRefBucket"] = {"Value": ref("Bucket"), "Export": {"Name": "Data:Bucket"}}
    service = template(
        {"Queue": {"Type": "AWS::SQS::Queue"}}, {"Imported": {"Fn::ImportValue": "Data:Bucket"}, "Queue": arn("Queue")}
    )
    assembly = write_assembly(tmp_path, {"a-service": service, "b-data": data}, after={"a-service": ["b-data"]})
    seen: list[tuple[str, Outputs]] = []

    outputs = deploy(assembly, laptop.endpoint, on_stack=lambda name, outputs: seen.append((name, outputs)))

    assert [name for name, _ in seen] == ["b-data", "a-service"]
    assert seen[0][1] == {"DataBucket": outputs["DataBucket"]}
    assert outputs["Imported"] == outputs["DataBucket"]
    assert set(outputs) == {"DataBucket", "Imported", "Queue"}


def test_an_unchanged_stack_is_left_alone(laptop: Laptop) -> None:
    first = template({"Queue": {"Type": "AWS::SQS::Queue"}}, {"Queue": arn("Queue")})
    laptop.deploy("still", first)
    events = laptop.client("cloudformation").describe_stack_events(StackName="still")["StackEvents"]

    laptop.deploy("still", first)

    assert laptop.client("cloudformation").describe_stack_events(StackName="still")["StackEvents"] == events


def test_an_asset_is_carried_once(laptop: Laptop, tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.mkdir()
    (content / "page.txt").write_text("hello")
    s3 = laptop.client("s3")
    laptop.deploy("asset", template({"One": {"Type": "AWS::SQS::Queue"}}), folders={"carried.zip": content})
    carried = s3.head_object(Bucket="assets-000000000000", Key="carried.zip")

    laptop.deploy("asset", template({"Two": {"Type": "AWS::SQS::Queue"}}), folders={"carried.zip": content})

    again = s3.head_object(Bucket="assets-000000000000", Key="carried.zip")
    assert (again["LastModified"], again["ETag"]) == (carried["LastModified"], carried["ETag"])


def test_a_type_that_the_laptop_does_not_know_is_named(laptop: Laptop) -> None:
    with pytest.raises(StackFailed, match="AWS::Nowhere::Thing"):
        laptop.deploy("unknown", template({"Thing": {"Type": "AWS::Nowhere::Thing"}}))


def test_each_resource_that_fails_is_named_with_its_reason(laptop: Laptop) -> None:
    lost = {
        "Type": "AWS::CloudFormation::CustomResource",
        "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:gone"},
    }
    with pytest.raises(StackFailed, match=r"Lost \(AWS::CloudFormation::CustomResource\): .*gone"):
        laptop.deploy("failing", template({"Lost": lost}))


def test_a_folder_that_is_no_assembly_says_how_to_make_one(laptop: Laptop, tmp_path: Path) -> None:
    with pytest.raises(BadAssembly, match="make synth"):
        deploy(tmp_path, laptop.endpoint)

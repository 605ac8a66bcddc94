"""The page's bucket is nobody's but CloudFront's, and a browser is told to do nothing with it but show it."""

from tests.cdk.assembly import Assembly


def policy(cloud: Assembly) -> dict[str, list[str]]:
    (headers,) = cloud.all("AWS::CloudFront::ResponseHeadersPolicy")
    security = headers.properties["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    said = cloud.label("Service", security["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    return {name: allowed for name, *allowed in (part.split() for part in said.split("; "))}


def test_the_bucket_is_closed_and_one_distribution_may_read_it(cloud: Assembly) -> None:
    bucket = cloud.one("Service/Page/Files")
    statements = cloud.one("Service/Page/Files/Policy").properties["PolicyDocument"]["Statement"]
    allowed = [one for one in statements if one["Effect"] == "Allow"]

    assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
    [reads] = allowed
    assert reads["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert reads["Action"] == "s3:GetObject"
    [source] = reads["Condition"]["StringEquals"].values()
    assert "Service/Page/Distribution" in cloud.label("Service", source)
    assert any("aws:SecureTransport" in str(one.get("Condition")) for one in statements if one["Effect"] == "Deny")


def test_the_page_is_served_over_tls_by_its_own_access_control(cloud: Assembly) -> None:
    (distribution,) = cloud.all("AWS::CloudFront::Distribution")
    (control,) = cloud.all("AWS::CloudFront::OriginAccessControl")
    config = distribution.properties["DistributionConfig"]
    behavior = config["DefaultCacheBehavior"]
    [origin] = config["Origins"]

    assert config["DefaultRootObject"] == "index.html"
    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    assert behavior["AllowedMethods"] == ["GET", "HEAD"]
    assert control.properties["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    assert cloud.label("Service", origin["OriginAccessControlId"]) == control.path


def test_a_browser_runs_the_pages_own_script_and_speaks_to_our_api_alone(cloud: Assembly) -> None:
    said = policy(cloud)

    assert said["default-src"] == ["'none'"]
    assert said["script-src"] == said["style-src"] == said["img-src"] == ["'self'"]
    assert said["connect-src"] == [
        "'self'",
        "https://Service/Door/Api.execute-api.<AWS::Region>.<AWS::URLSuffix>",
        "wss://Service/Streaming/Socket/Api.execute-api.<AWS::Region>.<AWS::URLSuffix>",
    ]
    assert said["frame-ancestors"] == said["base-uri"] == said["form-action"] == ["'none'"]


def test_the_other_headers_close_what_is_left(cloud: Assembly) -> None:
    (headers,) = cloud.all("AWS::CloudFront::ResponseHeadersPolicy")
    security = headers.properties["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]

    assert security["FrameOptions"] == {"FrameOption": "DENY", "Override": True}
    assert security["ReferrerPolicy"] == {"Override": True, "ReferrerPolicy": "no-referrer"}
    assert security["ContentTypeOptions"] == {"Override": True}
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 63_072_000

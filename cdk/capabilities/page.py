"""Everything that exists because people try the assistant in a browser: one static page, and where it is served."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.parts.acknowledge import acknowledge
from cdk.stages import Stage

_POLICY = "ResponseHeadersPolicyConfig.SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy"


class Page(Construct):
    """A private bucket that one CloudFront distribution may read. `make publish` puts the page into it."""

    def __init__(self, scope: Construct, name: str, *, stage: Stage) -> None:
        super().__init__(scope, name)
        self.bucket = s3.Bucket(
            self,
            "Files",
            encryption=s3.BucketEncryption.S3_MANAGED,  # its content is for everybody
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[s3.LifecycleRule(id="old-versions", noncurrent_version_expiration=Duration.days(30))],
            removal_policy=RemovalPolicy.RETAIN if stage.protected else RemovalPolicy.DESTROY,
        )
        self._headers = cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            response_headers_policy_name=stage.resource("page"),
            comment="What a browser may do with the page: nothing but to show it, and to speak to our API.",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=_security_policy(), override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(730), include_subdomains=True, override=True
                ),
            ),
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Shopwright {stage.name}: the page to try it.",
            default_root_object="index.html",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,  # its files say that they are asked for anew
                response_headers_policy=self._headers,
            ),
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        )
        self.origin = f"https://{self.distribution.distribution_domain_name}"
        acknowledge(
            self.bucket,
            {"AwsSolutions-S1": "The page is the same for everybody; who has read it is not written down."},
        )
        acknowledge(
            self.distribution,
            {
                "AwsSolutions-CFR1": "Shops sell where they like: no country is kept from reading the page.",
                "AwsSolutions-CFR2": "The web application firewall comes with the security work; these are five files.",
                "AwsSolutions-CFR3": "The page is the same for everybody; who has read it is not written down.",
                "AwsSolutions-CFR4": "Without a domain of the operator's own, CloudFront's own TLS applies.",
            },
        )

    def may_speak_to(self, *addresses: str) -> None:
        """Let the page's script speak to these addresses and to no others."""
        policy = self._headers.node.default_child
        if not isinstance(policy, cloudfront.CfnResponseHeadersPolicy):
            raise TypeError("A policy of response headers is no longer what CDK makes of it.")
        policy.add_property_override(_POLICY, _security_policy(*addresses))


def _security_policy(*addresses: str) -> str:
    """Only the page's own files; no inline script, no inline style, no frame around it."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            " ".join(["connect-src 'self'", *addresses]),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
    )

"""AWS::S3::Bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from infra.embedded.cloudformation.resources.base import Made, Wanted, refuse_unknown, request

_PROPERTIES = frozenset({"BucketName", "PublicAccessBlockConfiguration", "Tags", "VersioningConfiguration"})


class Bucket:
    """A bucket with versioning, public access block and tags; it can be deleted only when it is empty."""

    replaced_by: ClassVar[frozenset[str]] = frozenset({"BucketName"})
    name_property: ClassVar[str | None] = "BucketName"

    def create(self, wanted: Wanted) -> Made:
        """Create the bucket and configure it."""
        refuse_unknown(wanted, _PROPERTIES)
        s3, name = wanted.api("s3"), wanted.name("BucketName", 63, lower=True)
        if wanted.region == "us-east-1":
            s3.create_bucket(Bucket=name)
        else:
            place = {"LocationConstraint": wanted.region}
            s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)
        try:
            self._configure(wanted, name)
        except Exception:
            s3.delete_bucket(Bucket=name)
            raise
        return _made(wanted, name)

    def update(self, wanted: Wanted, old: Mapping[str, Any], physical_id: str) -> Made:
        """Configure it anew."""
        del old
        refuse_unknown(wanted, _PROPERTIES)
        self._configure(wanted, physical_id)
        return _made(wanted, physical_id)

    def delete(self, wanted: Wanted, physical_id: str) -> None:
        """Delete the bucket."""
        try:
            wanted.api("s3").delete_bucket(Bucket=physical_id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise

    def _configure(self, wanted: Wanted, name: str) -> None:
        s3 = wanted.api("s3")
        for member, operation in (
            ("VersioningConfiguration", "PutBucketVersioning"),
            ("PublicAccessBlockConfiguration", "PutPublicAccessBlock"),
        ):
            if member in wanted.properties:
                members = request(s3, operation, wanted, {"Bucket": name, member: wanted.properties[member]})
                _CALLS[operation](s3, members)
        if wanted.tag_list():
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": wanted.tag_list()})


_CALLS: Mapping[str, Any] = {
    "PutBucketVersioning": lambda s3, members: s3.put_bucket_versioning(**members),
    "PutPublicAccessBlock": lambda s3, members: s3.put_public_access_block(**members),
}


def _made(wanted: Wanted, name: str) -> Made:
    domain = f"{name}.s3.amazonaws.com"
    regional = f"{name}.s3.{wanted.region}.amazonaws.com"
    return Made(name, {"Arn": f"arn:aws:s3:::{name}", "DomainName": domain, "RegionalDomainName": regional})

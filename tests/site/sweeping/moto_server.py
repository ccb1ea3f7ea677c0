"""Run by the Python that has moto: an object store on loopback, filled, until stdin ends.

Arguments: the folder whose files are stored. Prints its address on one line when it is ready.
"""

import os
import sys
from pathlib import Path

import boto3
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.s3.models import s3_backends
from moto_keys import MANY, ODD_KEYS


def main(uploads: Path) -> None:
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1")
    for bucket in ("photos", "many", "kept.with.dots"):
        client.create_bucket(Bucket=bucket)
    for path in sorted(uploads.rglob("*")):
        if path.is_file():
            key = path.relative_to(uploads).as_posix()
            client.put_object(Bucket="photos", Key=f"up/{key}", Body=path.read_bytes())
    snow = (uploads / "exact" / "snow.jpg").read_bytes()
    for key in ODD_KEYS:
        client.put_object(Bucket="photos", Key=key, Body=snow)
    client.put_object(Bucket="photos", Key="folder/", Body=b"")
    client.put_object(Bucket="kept.with.dots", Key="snow.jpg", Body=snow)
    started = client.create_multipart_upload(Bucket="photos", Key="parts/snow.jpg")
    named = {"Bucket": "photos", "Key": "parts/snow.jpg", "UploadId": started["UploadId"]}
    part = client.upload_part(**named, PartNumber=1, Body=snow)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    client.complete_multipart_upload(**named, MultipartUpload=parts)
    client.put_object(
        Bucket="photos",
        Key="kms/note.txt",
        Body=b"kept under a key",
        ServerSideEncryption="aws:kms",
    )
    backend = s3_backends["123456789012"]["aws"]
    for number in range(MANY):
        backend.put_object("many", f"{number:05}", b"%d" % number)
    print(address, flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

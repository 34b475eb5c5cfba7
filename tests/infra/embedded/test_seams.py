from __future__ import annotations

import subprocess
import sys

from moto.core import common_models, model_instances

from infra.embedded import process, seams
from infra.embedded.refusals import CARRIED
from infra.embedded.server import build_application


def python(code):
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=process.ROOT)
    return ended.stdout.split()


def test_every_seam_is_installed_once_however_often_it_is_asked_for():
    """Installing twice is installing once."""
    assert seams.install_all() == seams.install_all() == seams.SEAMS


def test_stock_moto_still_imports_ec2_for_one_enumeration():
    """If moto's Step Functions stops importing the whole of EC2, the light package is no longer needed."""
    code = "import sys, moto.stepfunctions.parser.models; print('moto.ec2.models' in sys.modules)"
    assert python(code) == ["True"]


def test_the_cloud_imports_neither_ec2_nor_the_rest_of_moto():
    """The whole application comes without the models of services it does not carry."""
    code = (
        "import sys; from infra.embedded import imports; imports.install();"
        "from infra.embedded.server import build_application; build_application();"
        "heavy = ('moto.ec2', 'moto.batch.models', 'moto.cloudformation.models');"
        "print(*[name for name in heavy if name in sys.modules], '.')"
    )
    assert python(code) == ["."]


def test_moto_keeps_no_list_of_what_was_made():
    """An instance of a model is let go when nothing else holds it."""
    build_application()
    kind = type("Thing", (common_models.BaseModel,), {"__module__": "moto.things.models"})
    kind()
    assert kind.instances_tracked == []
    model_instances.model_data.pop("things", None)


def test_stock_moto_still_keeps_every_instance():
    """If moto lets go of instances by itself, this seam is no longer needed."""
    code = (
        "from moto.core.common_models import BaseModel;"
        "T = type('T', (BaseModel,), {'__module__': 'moto.x.models'}); T(); print(len(T.instances_tracked))"
    )
    assert python(code) == ["1"]


def test_only_what_is_needed_is_carried():
    """The services are the pipeline's own; CloudWatch goes by moto's name for it, and Lambda by both."""
    assert {"cloudformation", "cloudwatch", "iam", "lambda", "logs", "s3", "stepfunctions", "sts"} <= CARRIED
    assert CARRIED - {"awslambda"} <= {
        "cloudformation",
        "cloudwatch",
        "iam",
        "lambda",
        "logs",
        "s3",
        "stepfunctions",
        "sts",
    }

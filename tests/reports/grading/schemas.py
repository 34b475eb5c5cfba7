"""The published forms of results, written down as JSON Schemas of our own, each with its source."""

RESULT_TEXT = {"type": "string"}
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}

GRADESCOPE = {
    "$comment": "gradescope-autograders.readthedocs.io/en/latest/specs/, section Output format: every key is "
    "optional, but there is a score for the whole or at least one test with a score.",
    "type": "object",
    "additionalProperties": False,
    "anyOf": [
        {"required": ["score"]},
        {"required": ["tests"], "properties": {"tests": {"contains": {"required": ["score"]}}}},
    ],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": RESULT_TEXT,
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "leaderboard": {"type": "array"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "dependentRequired": {"score": ["max_score"], "max_score": ["score"]},
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": RESULT_TEXT,
                    "name_format": FORMAT,
                    "number": RESULT_TEXT,
                    "output": RESULT_TEXT,
                    "output_format": FORMAT,
                    "tags": {"type": "array", "items": RESULT_TEXT},
                    "visibility": VISIBILITY,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}

PRAIRIELEARN = {
    "$comment": "PrairieLearn, docs/externalGrading.md, Grading results: score 0..1 is required unless "
    "gradable is false; format_errors is a text or a list of texts; other keys are free.",
    "type": "object",
    "properties": {
        "gradable": {"type": "boolean"},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "message": RESULT_TEXT,
        "output": RESULT_TEXT,
        "format_errors": {"anyOf": [RESULT_TEXT, {"type": "array", "items": RESULT_TEXT}]},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": RESULT_TEXT,
                    "description": RESULT_TEXT,
                    "points": {"type": "number"},
                    "max_points": {"type": "number"},
                    "message": RESULT_TEXT,
                    "output": RESULT_TEXT,
                    "images": {"type": "array"},
                },
            },
        },
    },
    "if": {"properties": {"gradable": {"const": False}}, "required": ["gradable"]},
    "else": {"required": ["score"]},
}

CLASSROOM = {
    "$comment": "classroom-resources/autograding-grading-reporter, src/{main,notify-classroom}.js: status "
    "fail and error fail the job; tests' scores are added up, so each is a number; max_score is one too.",
    "type": "object",
    "required": ["version", "status", "max_score", "tests"],
    "properties": {
        "version": {"const": 1},
        "status": {"enum": ["pass", "fail", "error"]},
        "max_score": {"type": "number", "minimum": 0},
        "tests": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "status", "score", "message"],
                "properties": {
                    "name": RESULT_TEXT,
                    "status": {"enum": ["pass", "fail", "error"]},
                    "score": {"type": "number", "minimum": 0},
                    "message": {"type": ["string", "null"]},
                    "test_code": RESULT_TEXT,
                    "filename": RESULT_TEXT,
                    "line_no": {"type": "integer"},
                    "execution_time": {"type": "number"},
                },
            },
        },
    },
}

JUNIT = {
    # The XSD of the Jenkins xUnit plugin, types/model/xsd/junit-10.xsd: per element its required and its
    # allowed attributes, and the children it may have. `#text` stands for mixed content.
    "testsuites": ((), ("name", "time", "tests", "failures", "errors"), ("testsuite",)),
    "testsuite": (
        ("name", "tests", "failures", "errors"),
        ("group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"),
        ("testsuite", "properties", "testcase", "system-out", "system-err"),
    ),
    "testcase": (
        ("name",),
        ("time", "classname", "group"),
        ("skipped", "error", "failure", "system-out", "system-err"),
    ),
    "failure": ((), ("type", "message"), ("#text",)),
    "error": ((), ("type", "message"), ("#text",)),
    "skipped": ((), ("type", "message"), ("#text",)),
    "system-out": ((), (), ("#text",)),
}

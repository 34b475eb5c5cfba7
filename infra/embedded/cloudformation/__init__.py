"""CloudFormation, in place of moto's.

moto: resources are made lazily while the template is parsed, so that events, order and outputs do not
tell what happened; a failing resource leaves the others behind without a rollback; capabilities,
parameter constraints and unknown types are not checked; the service imports the models of some twenty
others (1.9 s, 130 MB). AWS: CloudFormation is a client of the other services' APIs. We: the same. `api`
speaks the protocol through moto's request parser and serialiser, `engine` makes, changes and removes
resources through boto3 calls that reach this cloud's own services without a socket, so what a service
refuses fails the resource with that service's own message.
"""

from __future__ import annotations

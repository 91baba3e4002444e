from fermata.rules.kubernetes.kubectl.describe import describe_body


def test_description_of_a_service_account_is_read():
    """A secret that does not exist is marked."""
    text = """\
Name:                web
Image pull secrets:  registry
                     gone (not found)
Mountable secrets:   <none>
Tokens:              <none>
"""

    assert describe_body("ServiceAccount", text) == {
        "metadata": {"name": "web"},
        "imagePullSecrets": [{"name": "registry"}, {"name": "gone"}],
        "secrets": [],
        "printed": {"Image pull secrets": "gone (not found)"},
    }
    assert describe_body("ServiceAccount", "Name: web") == {"metadata": {"name": "web"}}


def test_description_of_a_role_is_read():
    """Resources carry their group behind a dot."""
    text = """\
Name:         reader
PolicyRule:
  Resources         Non-Resource URLs  Resource Names  Verbs
  ---------         -----------------  --------------  -----
  pods              []                 []              [get list]
  deployments.apps  []                 []              [*]
                    [/healthz]         []              [get]
"""

    assert describe_body("ClusterRole", text)["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"]},
    ]


def test_description_of_a_binding_is_read():
    """A subject may be cut off."""
    text = """\
Name:         readers
Role:
  Kind:  Role
  Name:  reader
Subjects:
  Kind            Name  Namespace
  ----            ----  ---------
  ServiceAccount  web   shop
  User            ann
"""

    assert describe_body("RoleBinding", text) == {
        "metadata": {"name": "readers"},
        "roleRef": {"kind": "Role", "name": "reader"},
        "subjects": [
            {"kind": "ServiceAccount", "name": "web", "namespace": "shop"},
            {"kind": "User", "name": "ann"},
        ],
    }
    assert describe_body("RoleBinding", "Name: readers\nRole:\n  Kind: Role\n") == {"metadata": {"name": "readers"}}

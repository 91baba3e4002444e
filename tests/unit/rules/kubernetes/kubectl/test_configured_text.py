from hypothesis import given
from hypothesis import strategies as st

from fermata.rules.kubernetes.configured import configured_of
from fermata.rules.kubernetes.kubectl.configured_text import read_configured
from fermata.rules.kubernetes.kubectl.describe import describe_body
from fermata.rules.kubernetes.objects import KubeObject

TEXT = """\
Name:           web-1
Containers:
  web:
    Image:      postgres:16
    Command:
      sh
      -c
      exec app: http://db:5432
    Args:       <none>
    Environment Variables from:
      one       ConfigMap  Optional: false
      db        Secret     Optional: false
      odd
    Environment:
      DB_HOST:   db
      PASSWORD:  <set to the key 'p' in secret 'db'>  Optional: false
      MODE:      <set to the key 'mode' of config map 'two'>  Optional: false
      EMPTY:
    Mounts:      <none>
Volumes:
  cfg:
    Type:      ConfigMap (a volume populated by a ConfigMap)
    Name:      three
    Optional:  false
  db:
    Type:        Secret (a volume populated by a Secret)
    SecretName:  db
"""


def test_description_is_scanned_for_what_containers_are_told():
    """It finds what the whole reading finds, for a fraction of the work."""
    told = read_configured(TEXT)
    whole = configured_of(KubeObject("Pod", "", name="web-1", body=describe_body("Pod", TEXT)))

    assert told == whole
    assert told.variables == {"DB_HOST": "db"}
    assert told.words == ["sh", "-c", "exec app: http://db:5432"]
    assert told.config_maps == ["one", "two", "three"]


def test_value_over_several_lines_is_searched_as_words():
    """Its further lines name hosts as well."""
    told = read_configured("web:\n  Environment:\n    HOSTS:  one:80\n            two:81 x\n            a b: c\n")

    assert told.variables == {"HOSTS": "one:80"}
    assert told.words == ["two:81 x", "a b: c"]


@given(st.text(alphabet=st.sampled_from("ab: \n<>()"), max_size=100))
def test_any_text_is_taken(text):
    """Garbled descriptions tell what they tell."""
    read_configured(f"Environment:\n{text}\nType: ConfigMap (x)\n{text}")

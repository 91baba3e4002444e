"""What a command printed that asked for one secret is that secret."""

import time

import pytest

from fermata.kit.redaction import redact

SECRET = "correct-" + "horse-7"


@pytest.mark.parametrize(
    "text",
    [
        f"$ terraform output -raw db_password\n{SECRET}\n$ ls",
        f"$ terraform output -raw db_password\n{SECRET}",
        f'tofu -chdir=infra output -no-color db_password\n"{SECRET}"\n',
        f"$ vault kv get -mount=kv -field=password shop/db\n{SECRET}\n",
        f"$ vault read -field api_key shop/db\r\n{SECRET}\r\n",
        f"$ kubectl get secret db -o jsonpath='{{.data.pw}}' | base64 -d\n{SECRET}\n",
        f"$ k -n shop get secrets/db -o json | jq -r .data.a | base64 --decode\n{SECRET}\n",
        f"$ aws secretsmanager get-secret-value --secret-id db --query SecretString --output text\n{SECRET}\n",
    ],
)
def test_value_below_the_command_that_asked_for_it_is_hidden(text):
    """Nothing beside it gives it away."""
    cleaned = redact(text)

    assert SECRET not in cleaned.text
    assert cleaned.count == 1
    assert redact(cleaned.text).text == cleaned.text


@pytest.mark.parametrize(
    "text",
    [
        "$ terraform output -raw endpoint\nhttps://shop.test\n",
        "$ terraform output -raw db_password\nError: no such output\n",
        "$ terraform output -raw db_password\n\n$ ls\n",
        "$ terraform output db_password\n<sensitive> and more\n",
        "$ vault kv get -field=username shop/db\nreporting\n",
        "$ kubectl get cm db -o jsonpath='{.data.pw}' | base64 -d\nreporting\n",
        "$ kubectl get secret db -o name\nsecret/database\n",
        "$ terraform output -raw db_password | wc -c\n1234\n",
    ],
)
def test_what_is_no_secret_stays(text):
    """By its name, or since the command prints something else."""
    assert redact(text).text == text


def test_hostile_text_is_read_in_linear_time():
    """A log may hold such words ten thousand times."""
    text = "kubectl get secret a " + "terraform output -raw vault read -field=" * 5_000

    begun = time.process_time()
    redact(text)

    assert time.process_time() - begun < 2

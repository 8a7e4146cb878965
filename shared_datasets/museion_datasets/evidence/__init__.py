"""Evidence of what was released, by whom and when, that anybody can check without a key.

`statement` says what a release is, `signing` and `dsse` sign and check it with two kinds of
signature at once, `certificate` tells whose key it was, and `timestamp` when. Light: the
hub signs with it. Nothing here touches stored objects; `museion_datasets.release.verify` does.
"""

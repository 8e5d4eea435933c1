"""`dataarts completion`: what makes a shell ask us how a line goes on."""

from __future__ import annotations

from typing import Final

import click

SCRIPTS: Final = {
    "bash": """\
_dataarts() {
    local offer
    COMPREPLY=()
    while IFS= read -r offer; do
        COMPREPLY+=("$offer")
    done < <(_DATAARTS_COMPLETE=bash "$1" "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
}
complete -o bashdefault -o default -F _dataarts dataarts
""",
    "zsh": """\
#compdef dataarts
_dataarts() {
    local -a offers
    offers=("${(@f)$(_DATAARTS_COMPLETE=zsh ${words[1]} "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n ${offers[*]} ]]; then
        _describe -V dataarts offers
    else
        _files
    fi
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _dataarts "$@"
else
    compdef _dataarts dataarts
fi
""",
    "fish": """\
function __dataarts
    set -l line (commandline --tokenize --cut-at-cursor --current-process)
    set -l last (commandline --current-token --cut-at-cursor)
    set -l offers (_DATAARTS_COMPLETE=fish $line[1] $line[2..-1] "$last" 2>/dev/null)
    if set -q offers[1]
        printf '%s\\n' $offers
    else
        __fish_complete_path (commandline --current-token)
    end
end
complete --command dataarts --no-files --keep-order --arguments '(__dataarts)'
""",
}


@click.command()
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
def completion(shell: str) -> None:
    """Print a script that makes the shell complete commands, flags, stacks, URNs and templates.

    \b
    dataarts completion bash > ~/.local/share/bash-completion/completions/dataarts
    dataarts completion zsh  > "${fpath[1]}/_dataarts"
    dataarts completion fish > ~/.config/fish/completions/dataarts.fish
    """
    click.echo(SCRIPTS[shell], nl=False)

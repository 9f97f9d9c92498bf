namespace Hybrid.Cli.Verbs;

/// <summary>The scripts of hybrid completion. Each asks hybrid complete, and leaves files to the shell where that has no answer.</summary>
internal static class CompletionScripts
{
    // A field ends in = and its value follows at once: no space there.
    private const string Bash = """
        # eval "$(hybrid completion bash)"
        _hybrid() {
            local IFS=$'\n'
            COMPREPLY=($(hybrid complete --position "$COMP_POINT" -- "$COMP_LINE" 2>/dev/null))
            if [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
        }
        complete -o bashdefault -o default -F _hybrid hybrid

        """;

    private const string Zsh = """
        # eval "$(hybrid completion zsh)"
        _hybrid() {
            local -a answers
            answers=("${(@f)$(hybrid complete --position "$CURSOR" -- "$BUFFER" 2>/dev/null)}")
            if [[ -n ${answers[1]} ]]; then
                if [[ ${answers[1]} == *= ]]; then compadd -S '' -a answers; else compadd -a answers; fi
            else
                _files
            fi
        }
        compdef _hybrid hybrid

        """;

    private const string Fish = """
        # hybrid completion fish | source
        complete -c hybrid -a '(hybrid complete --position (commandline -C) -- (commandline -b) 2>/dev/null)'

        """;

    // The syntax tree ends before the spaces behind the last word, the cursor does not.
    private const string PowerShell = """
        # hybrid completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName hybrid -ScriptBlock {
            param($word, $line, $position)
            hybrid complete --position $position -- ("$line".PadRight($position)) | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }

        """;

    private static readonly Dictionary<string, string> ByShell = new()
    {
        ["bash"] = Bash,
        ["zsh"] = Zsh,
        ["fish"] = Fish,
        ["pwsh"] = PowerShell,
    };

    /// <summary>The shells there is a script for.</summary>
    public static IReadOnlyCollection<string> Shells => ByShell.Keys;

    /// <summary>The script of a shell.</summary>
    public static string Of(string shell) => ByShell[shell];
}

using System.CommandLine;

namespace Hybrid.Cli.Shared;

/// <summary>A verb of the command, with the examples that its help ends with.</summary>
internal sealed class Verb(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Command lines that work as they stand.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>Whether its result stands in files, so that stdout only reports it.</summary>
    public bool LeavesFiles { get; init; }

    /// <summary>Sets what the verb does: returns the exit code, throws for every failure.</summary>
    public Verb Does(Func<ParseResult, int> action)
    {
        SetAction(action);
        return this;
    }
}

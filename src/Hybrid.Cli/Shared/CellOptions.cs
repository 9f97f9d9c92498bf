using System.CommandLine;
using System.Text.RegularExpressions;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Slurm;

namespace Hybrid.Cli.Shared;

/// <summary>The options of every verb whose work is cells: a part of them, or all of them as an array of Slurm.</summary>
internal sealed partial class CellOptions
{
    private readonly Option<CellShard?> _shard = new("--shard")
    {
        Description = "Measure the part i of n of the cells into the folder of --out, beside others who measure the rest.",
        HelpName = "i/n",
        CustomParser = result => CellShard.Parse(string.Join(' ', result.Tokens.Select(token => token.Value))),
    };

    private readonly Option<bool> _slurm = new("--slurm")
    {
        Description = "Submit the cells as an array of Slurm; their folder is that of --out. The options below go with it.",
    };

    private readonly Option<bool> _noSubmit = new("--no-submit") { Description = "Write the arrays' scripts and submit nothing." };
    private readonly Option<string?> _partition = Word("--partition", "Partition of the tasks.");
    private readonly Option<string?> _account = Word("--account", "Account that pays for them.");
    private readonly Option<string?> _time = Word(
        "--time", "Time of a task, such as 30 (minutes) or 2:00:00; estimated from a first cell if not given.");
    private readonly Option<long?> _memory;
    private readonly Option<int> _gpus = Options.Integer<int>(
        "--gpus", "GPUs of a task; one with --engine torch, none otherwise, if not given.", null, 0, 1024);
    private readonly Option<int> _cpus = Options.Integer("--cpus", "Cores of a task, and so cells at a time in it.", 1, 1, 1024);
    private readonly Option<int> _tasks = Options.Integer<int>(
        "--tasks", "Tasks of an array; as many as take some ten minutes each if not given.", null, 1, CellShard.Largest);
    private readonly Option<string?> _template = new("--template")
    {
        Description = "The script's template, as hybrid cells template writes it and a site may change it.",
        HelpName = "FILE",
    };

    public CellOptions(Command command)
    {
        Option<long?> memory = Options.Memory();
        _memory = new("--task-memory")
        {
            Description = "Memory of a task, such as 4GiB; what its cells need if not given.",
            HelpName = memory.HelpName,
            CustomParser = memory.CustomParser,
        };
        foreach (Option option in (Option[])[_shard, _slurm, .. OfSlurm])
            command.Options.Add(option);
    }

    private Option[] OfSlurm => [_noSubmit, _partition, _account, _time, _memory, _gpus, _cpus, _tasks, _template];

    /// <summary>Whether the cells are to go through a folder.</summary>
    /// <exception cref="InputException">Options that do not go together.</exception>
    public bool Asked(ParseResult parsed)
    {
        bool slurm = parsed.GetValue(_slurm);
        if (slurm && Options.Given(parsed, _shard))
            throw new InputException("--shard is for other schedulers than Slurm; give it or --slurm");
        if (slurm && parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == "--memory") is Option own
            && Options.Given(parsed, own))
        {
            throw new InputException("--memory is for networks that are measured here; tasks of Slurm have what their cells need, "
                + "or give --task-memory");
        }

        if (!slurm && OfSlurm.FirstOrDefault(option => Options.Given(parsed, option)) is Option alone)
            throw new InputException($"{alone.Name} is for --slurm; give both, or leave it out");
        return slurm || Options.Given(parsed, _shard);
    }

    /// <summary>The part that was asked for, or null.</summary>
    public CellShard? Shard(ParseResult parsed) => parsed.GetValue(_shard);

    /// <summary>Whether an array was asked for.</summary>
    public bool Slurm(ParseResult parsed) => parsed.GetValue(_slurm);

    /// <summary>Whether it is to be submitted.</summary>
    public bool Submit(ParseResult parsed) => !parsed.GetValue(_noSubmit);

    /// <summary>What is asked of Slurm, over what an earlier submission of the same cells asked.</summary>
    /// <exception cref="InputException">A value that is no time or no word.</exception>
    public SlurmOptions Of(ParseResult parsed, SlurmOptions earlier)
    {
        int? Given(Option<int> option) => Options.Given(parsed, option) ? parsed.GetValue(option) : null;
        if (parsed.GetValue(_time) is string time && !Time().IsMatch(time))
            throw new InputException($"--time must be minutes, or as 2:00:00 or 1-12:00:00, got '{JsonText.Excerpt(time)}'");
        foreach ((string name, string? word) in (ReadOnlySpan<(string, string?)>)
            [("--partition", parsed.GetValue(_partition)), ("--account", parsed.GetValue(_account))])
        {
            if (word is not null && !Name().IsMatch(word))
                throw new InputException($"{name} must be a word of letters, digits and . , _ -, got '{JsonText.Excerpt(word)}'");
        }

        string? template = parsed.GetValue(_template) is string file ? Path.GetFullPath(file) : null;
        return new SlurmOptions(
            parsed.GetValue(_partition), parsed.GetValue(_account), parsed.GetValue(_time), parsed.GetValue(_memory), Given(_gpus),
            parsed.GetValue(_cpus), Given(_tasks), template).Over(earlier, Options.Given(parsed, _cpus));
    }

    private static Option<string?> Word(string name, string description) => new(name) { Description = description, HelpName = "WORD" };

    [GeneratedRegex(@"^(\d+-)?\d+(:\d\d){0,2}$")]
    private static partial Regex Time();

    [GeneratedRegex(@"^[\w.,-]+$")]
    private static partial Regex Name();
}

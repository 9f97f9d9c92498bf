using System.CommandLine;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Engines;
using Hybrid.Theory;

namespace Hybrid.Benchmarks;

/// <summary>
/// The ensembles of an agreement as cells below a folder, with the options of every verb of hybrid whose work is cells: a part of them
/// here, or all as arrays of Slurm. Whoever finds all of them measured prints the tables.
/// </summary>
internal sealed class AgreementCells
{
    private readonly Session _session;
    private readonly ParseResult _parsed;
    private readonly CellOptions _options;
    private readonly string _path;

    private AgreementCells(Session session, ParseResult parsed, CellOptions options, string path) =>
        (_session, _parsed, _options, _path) = (session, parsed, options, path);

    /// <summary>The exit code where not all cells are measured.</summary>
    public int Code { get; private set; }

    /// <summary>Runs "agreement" or "agreement-features": width, samples and the options of cells. The exit code.</summary>
    public static int Run(string[] words, int threads)
    {
        bool features = words[0] == "agreement-features";
        using Interruption interruption = new(Console.Error);
        Session session = new(Terminal.Plain(Console.Out, Console.Error), BuiltEngines.Catalogue, interruption.Token);
        Command command = new(words[0]);
        Argument<int> width = new("WIDTH") { DefaultValueFactory = _ => features ? 1024 : 8192 };
        Argument<int> samples = new("SAMPLES") { DefaultValueFactory = _ => 16 };
        Option<string?> folder = new("--cells");
        command.Arguments.Add(width);
        command.Arguments.Add(samples);
        command.Options.Add(folder);
        CellOptions options = new(command);
        try
        {
            ParseResult parsed = command.Parse(words[1..]);
            if (parsed.Errors.Count > 0)
                throw new InputException(parsed.Errors[0].Message);
            bool asked = options.Asked(parsed);
            string? path = parsed.GetValue(folder);
            if (asked && path is null)
                throw new InputException("--shard and --slurm are for cells in a folder; give --cells FOLDER");
            AgreementCells? cells = path is null ? null : new(session, parsed, options, path);
            int wide = parsed.GetValue(width), networks = parsed.GetValue(samples);
            return features ? Agreement.RunFeatures(threads, wide, networks, cells) : Agreement.Run(threads, wide, networks, cells);
        }
        catch (Exception error) when (error is InputException or EngineMissingException or OperationCanceledException)
        {
            Console.Error.WriteLine($"{words[0]}: {error.Message}");
            return error is InputException ? ExitCode.BadInput
                : error is EngineMissingException ? ExitCode.EngineMissing : ExitCode.Cancelled;
        }
    }

    /// <summary>Does with the ensembles what is asked; the report where all of them are measured.</summary>
    /// <param name="plan">What is checked.</param>
    /// <param name="name">The folder's name below the agreement's.</param>
    public CheckReport? Check(CheckPlan plan, string name)
    {
        string path = Path.Combine(_path, name);
        CheckWork work = new(plan, Machine.BuiltVersion);
        if (_options.Asked(_parsed))
        {
            int code = CellJobs.Do(_session, _parsed, _options, work, path, plan.Threads);
            Code = Math.Max(Code, code);
        }
        else
        {
            Code = Math.Max(Code, CellJobs.Measure(
                _session, work, CellFolder.Create(path, work.Plan), CellAssignment.Of(work.Plan, CellShard.Whole), plan.Threads));
        }

        CellFolder folder = CellFolder.Open(path);
        return CellStatus.Of(folder).Complete ? work.Report(CellMerge.Run(folder), Predict.Thoroughly) : null;
    }
}

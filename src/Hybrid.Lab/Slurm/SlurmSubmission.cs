using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Engines;

namespace Hybrid.Lab.Slurm;

/// <summary>An array that was written, and submitted where it was asked for.</summary>
/// <param name="Batch">The name of its list of cells.</param>
/// <param name="Script">Its script.</param>
/// <param name="Array">What it asks for.</param>
/// <param name="Job">Slurm's number for it, or null where it was only written.</param>
public sealed record SlurmSubmission(string Batch, string Script, SlurmArray Array, string? Job)
{
    private const string OptionsName = "slurm.json", JobExtension = ".job";

    // Two minutes before a task's time is over, or a tenth of a short time: Slurm may come up to a minute earlier than that.
    private const int Grace = 120, LeastGrace = 15;

    /// <summary>Writes the arrays of a list of cells and submits them, the largest first.</summary>
    /// <param name="work">The cells.</param>
    /// <param name="folder">Their folder.</param>
    /// <param name="cells">Which of them; not empty.</param>
    /// <param name="name">What the batches' names begin with.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="command">The words that run hybrid.</param>
    /// <param name="secondsPerCost">What one unit of cost takes, or null where no cell was measured.</param>
    /// <param name="submit">Whether to submit what is written.</param>
    /// <exception cref="InputException">A file cannot be written, the template has a fault, or Slurm refuses.</exception>
    /// <exception cref="EngineMissingException">There is no sbatch here.</exception>
    public static IReadOnlyList<SlurmSubmission> Write(
        ICellWork work, CellFolder folder, IReadOnlyList<int> cells, string name, SlurmOptions options, IReadOnlyList<string> command,
        double? secondsPerCost, bool submit)
    {
        (string template, string source) = options.Template is string file
            ? (Template(file), file)
            : (SlurmTemplate.Standard, "the template");
        AtomicFile.WriteText(folder.PathOf(OptionsName), options.ToText());
        List<SlurmSubmission> submissions = [];
        foreach (SlurmArray array in SlurmArray.Of(work, cells, options, secondsPerCost))
        {
            CellBatch batch = new(CellBatch.NewName(folder, name), folder.Plan.Hash, array.Cells);
            batch.Write(folder);
            string script = CellBatch.PathOf(folder, batch.Name, ".sh");
            AtomicFile.WriteText(script, SlurmTemplate.Fill(template, source, Values(work, folder, batch, array, options, command)));
            string? job = submit ? Submit(script) : null;
            if (job is not null)
                AtomicFile.WriteText(CellBatch.PathOf(folder, batch.Name, JobExtension), job + "\n");
            submissions.Add(new(batch.Name, script, array, job));
        }

        return submissions;
    }

    /// <summary>What an earlier submission of a folder asked for, or nothing.</summary>
    public static SlurmOptions Earlier(CellFolder folder)
    {
        string path = folder.PathOf(OptionsName);
        return File.Exists(path) ? SlurmOptions.Parse(File.ReadAllText(path), path) : new();
    }

    /// <summary>Tasks of a folder's jobs by Slurm's word for their state, such as PENDING; empty where Slurm knows none of them.</summary>
    public static IReadOnlyDictionary<string, int> Tasks(CellFolder folder)
    {
        string[] jobs = [.. CellBatch.Names(folder)
            .Select(name => CellBatch.PathOf(folder, name, JobExtension)).Where(File.Exists).Select(path => File.ReadAllText(path).Trim())];
        if (jobs.Length == 0 || !IsThere("squeue"))
            return new Dictionary<string, int>();
        HashSet<string> ours = [.. jobs.Select(job => job.Split(';')[0])];

        // Of all jobs of the user: an answer about a job that is over would be an error.
        (int code, string output, _) = Call("squeue", "--me", "--noheader", "--array", "--format=%F %T");
        return code != 0
            ? new Dictionary<string, int>()
            : output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Trim().Split(' '))
                .Where(words => words.Length == 2 && ours.Contains(words[0]))
                .GroupBy(words => words[1])
                .ToDictionary(group => group.Key, group => group.Count());
    }

    /// <summary>Refuses to go on where nothing can be submitted.</summary>
    /// <exception cref="EngineMissingException">There is no sbatch here.</exception>
    public static void EnsureAvailable()
    {
        if (!IsThere("sbatch"))
        {
            throw new EngineMissingException(
                "--slurm: there is no sbatch on the PATH; run it where Slurm is, write the scripts alone with --no-submit, "
                + "or give --shard i/n to the tasks of another scheduler");
        }
    }

    private static string Template(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"--template {file}: cannot be read ({error.Message.TrimEnd('.')}); hybrid cells template writes one", error);
        }
    }

    private static Dictionary<string, string?> Values(
        ICellWork work, CellFolder folder, CellBatch batch, SlurmArray array, SlurmOptions options, IReadOnlyList<string> command)
    {
        string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
        int? gpus = options.Gpus ?? (work.WantsGpu ? 1 : null);
        string? time = options.Time ?? (double.IsFinite(array.Seconds) ? SlurmOptions.TimeText(array.Seconds + Grace) : null);
        double grace = time is null ? Grace : Math.Clamp(SlurmOptions.SecondsOf(time) / 10, LeastGrace, Grace);
        string log = folder.PathOf(Path.Combine("batches", $"{batch.Name}-%a.log"));
        return new()
        {
            ["name"] = $"hybrid-{folder.Plan.Kind}-{batch.Name}",
            ["tasks"] = Number(array.Tasks),
            ["time"] = time,
            ["memory"] = $"{Number(array.MemoryMiB)}M",
            ["cpus"] = Number(options.Cpus),
            ["gpus"] = gpus is int count and > 0 ? Number(count) : null,
            ["partition"] = options.Partition,
            ["account"] = options.Account,
            ["log"] = log.Contains('"') ? throw new InputException($"{folder.FullPath}: must have no quote in its path for Slurm") : log,
            ["grace"] = Number((long)grace),
            ["command"] = string.Join(
                ' ', command.Concat(["cells", "run", folder.FullPath, "--batch", batch.Name]).Select(SlurmTemplate.Quoted)),
        };
    }

    private static string Submit(string script)
    {
        EnsureAvailable();
        (int code, string output, string error) = Call("sbatch", "--parsable", script);
        return code == 0
            ? output.Trim()
            : throw new InputException($"sbatch refuses {script}: {error.Trim()}; change the options or the template and submit again");
    }

    private static bool IsThere(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    internal static (int Code, string Output, string Error) Call(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (Win32Exception error)
        {
            return (-1, "", error.Message);
        }
    }
}

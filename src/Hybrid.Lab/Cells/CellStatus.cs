namespace Hybrid.Lab.Cells;

/// <summary>Where the cells of a folder stand.</summary>
/// <param name="Total">Cells of the plan.</param>
/// <param name="Done">Finished.</param>
/// <param name="Running">Being measured by a process that lives.</param>
/// <param name="Lost">Being measured by a process that ended without a word, since the last retry.</param>
/// <param name="Failing">Not finished, and failed once or twice.</param>
/// <param name="Failed">Not finished after <see cref="MostAttempts"/> failures: left alone.</param>
/// <param name="Begun">Interrupted with a checkpoint, to be continued.</param>
/// <param name="Damaged">Files with a torn or altered line.</param>
/// <param name="Foreign">Files with cells of another plan.</param>
/// <param name="Machines">Kinds of machine and how many finished cells are theirs.</param>
/// <param name="Seconds">Time of all finished cells together.</param>
public sealed record CellStatus(
    int Total,
    int Done,
    IReadOnlyList<int> Running,
    IReadOnlyList<int> Lost,
    IReadOnlyList<CellFailure> Failing,
    IReadOnlyList<CellFailure> Failed,
    IReadOnlyList<int> Begun,
    IReadOnlyList<string> Damaged,
    IReadOnlyList<string> Foreign,
    IReadOnlyDictionary<string, int> Machines,
    double Seconds)
{
    /// <summary>Failures after which a cell is left alone.</summary>
    public const int MostAttempts = CellFailures.Most;

    /// <summary>Neither finished, nor running, nor given up: what a retry takes.</summary>
    public required IReadOnlyList<int> Missing { get; init; }

    /// <summary>Whether every cell is finished.</summary>
    public bool Complete => Done == Total;

    /// <summary>Reads a folder.</summary>
    public static CellStatus Of(CellFolder folder)
    {
        IReadOnlyList<LeftMark> marks = RunningMark.Of(folder, null);
        ILookup<int, string> logs = CellFailures.Of(folder);
        CellScan scan = CellScan.Of(folder);
        bool Open(int index) => !scan.Results.ContainsKey(index);
        SortedSet<int> running = [.. marks.Where(mark => mark.Alive).SelectMany(mark => mark.Cells).Where(Open)];
        SortedSet<int> lost = [.. marks.Where(mark => !mark.Alive).SelectMany(mark => mark.Cells).Where(Open)];
        lost.ExceptWith(running);
        CellFailure[] failures = [.. logs.Where(item => Open(item.Key)).OrderBy(item => item.Key)
            .Select(item => new CellFailure(item.Key, item.Count(), CellFailures.Reason(item.Last()), item.Last()))];
        HashSet<int> failed = [.. failures.Where(failure => failure.Attempts >= MostAttempts).Select(failure => failure.Index)];
        return new(
            folder.Plan.Cells,
            scan.Results.Count,
            [.. running],
            [.. lost],
            [.. failures.Where(failure => !failed.Contains(failure.Index))],
            [.. failures.Where(failure => failed.Contains(failure.Index))],
            [.. Scratched(folder).Where(index => Open(index) && !running.Contains(index))],
            [.. scan.Damaged.Distinct().Order(StringComparer.Ordinal)],
            [.. scan.Foreign.Distinct().Order(StringComparer.Ordinal)],
            scan.Results.Values.GroupBy(result => result.Machine).ToDictionary(group => group.Key, group => group.Count()),
            scan.Results.Values.Sum(result => result.Seconds))
        {
            Missing = [.. Enumerable.Range(0, folder.Plan.Cells)
                .Where(index => Open(index) && !running.Contains(index) && !failed.Contains(index))],
        };
    }

    /// <summary>Which of some cells are finished.</summary>
    public static IReadOnlySet<int> Finished(CellFolder folder, IEnumerable<int> cells) => CellScan.Finished(folder, cells, _ => true);

    /// <summary>How long a cell took, or null where it is not finished.</summary>
    public static double? SecondsOf(CellFolder folder, int index) =>
        CellScan.Of(folder).Results.TryGetValue(index, out CellResult? result) ? result.Seconds : null;

    private static IEnumerable<int> Scratched(CellFolder folder)
    {
        string work = folder.PathOf("work");
        return !Directory.Exists(work) ? [] : Directory.EnumerateDirectories(work)
            .Select(path => int.TryParse(Path.GetFileName(path), out int index) ? index : -1)
            .Where(index => index >= 0).Order();
    }
}

/// <summary>The failures of a cell.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Attempts">How many.</param>
/// <param name="Reason">What the last one was, in one line.</param>
/// <param name="Log">Its log.</param>
public sealed record CellFailure(int Index, int Attempts, string Reason, string Log);

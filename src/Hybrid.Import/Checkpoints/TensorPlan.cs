using System.Globalization;
using System.Text.RegularExpressions;
using Hybrid.Import.Json;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;

namespace Hybrid.Import.Checkpoints;

/// <summary>Which stored tensor becomes which parameter, decided from names and shapes before anything is read.</summary>
internal static class TensorPlan
{
    private const int MostNames = 12;

    /// <summary>The places of all tensors that a network has, in the order in which they are to be read.</summary>
    /// <param name="config">The configuration with its family's table.</param>
    /// <param name="model">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="root">What names begin with.</param>
    /// <param name="find">The shape that a stored name has, or null where there is none.</param>
    /// <param name="missing">Names that the network needs and that are not there.</param>
    public static List<TensorPlace> Of(
        CheckpointConfig config,
        ModelOptions model,
        IReadOnlyList<NamedTensor> parameters,
        string root,
        Func<string, NamedTensor[], TensorRow, NamedTensor?> find,
        List<string> missing)
    {
        Dictionary<string, NamedTensor> known = parameters.ToDictionary(tensor => tensor.Name);
        if (model.Form?.Biases.HasFlag(MatrixBiases.MlpIn) != true)
        {
            foreach (string bias in known.Keys.Where(name => name.EndsWith(".mlp.bias", StringComparison.Ordinal)).ToArray())
                known.Remove(bias);
        }

        List<TensorPlace> places = [];
        foreach (TensorRow row in config.Family.Rows)
        {
            for (int layer = 0; layer < (row.PerLayer ? model.Architecture.Depth : 1); layer++)
            {
                NamedTensor[] targets = [.. row.Targets.Select(name => known.GetValueOrDefault(Named(name, layer + 1))!)];
                if (targets.Any(target => target is null))
                    continue;
                string stored = Named(row.Stored.Replace("^", root, StringComparison.Ordinal), layer);
                if (find(stored, targets, row) is NamedTensor tensor)
                    places.Add(Place(config, tensor, row, targets, model));
                else
                    missing.Add(stored);
            }
        }

        return places;
    }

    /// <summary>Refuses files that lack a tensor of the network or hold one that is none of it.</summary>
    /// <exception cref="InputException">Names what is missing and what is unknown.</exception>
    public static void EnsureWhole(
        string folder, CheckpointConfig config, CheckpointFiles files, IEnumerable<TensorPlace> places, List<string> missing, string root)
    {
        HashSet<string> used = [.. places.Select(place => place.Tensor.Name)];
        Regex[] ignored = [.. config.Family.Ignored.Select(name => Pattern(name, root))];
        string[] unknown =
        [
            .. files.Tensors.Select(stored => stored.Tensor.Name)
                .Where(name => !used.Contains(name) && !Array.Exists(ignored, pattern => pattern.IsMatch(name)))
                .Where(name => !(config.Tied && name == config.Family.Unembedding))
                .Order(StringComparer.Ordinal),
        ];
        if (missing.Count + unknown.Length == 0)
            return;
        string[] parts =
        [
            .. missing.Count > 0 ? (string[])[$"tensors are missing: {List(missing)}"] : [],
            .. unknown.Length > 0 ? (string[])[$"tensors are unknown: {List(unknown)}"] : [],
        ];
        throw new InputException(
            $"{folder}: is no {config.Report.ModelType} checkpoint of its config.json; {string.Join("; ", parts)}");
    }

    private static string Named(string pattern, int layer) =>
        pattern.Replace("{}", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static Regex Pattern(string name, string root) => new(
        "^" + Regex.Escape(name.Replace("^", root, StringComparison.Ordinal)).Replace(@"\{}", "[0-9]+", StringComparison.Ordinal) + "$",
        RegexOptions.CultureInvariant);

    private static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");

    private static TensorPlace Place(CheckpointConfig config, NamedTensor tensor, TensorRow row, NamedTensor[] targets, ModelOptions model)
    {
        bool positions = row.Targets[0] == "position.embedding" && row.As == StoredAs.Rows;
        double factor = (row.Change.HasFlag(EntryChange.Embedding) ? config.EmbeddingFactor : 1)
            * (row.Change.HasFlag(EntryChange.Logits) ? config.LogitFactor : 1);
        float added = row.Change.HasFlag(EntryChange.PlusOne) ? 1 : 0;
        int firstRow = positions ? config.Family.FirstPosition : 0;
        EnsureShape(tensor, row, targets, firstRow);
        OutputRun[] runs = row.As is StoredAs.Rows or StoredAs.Segment ? [] : Runs(row, targets, model.Architecture.Heads);
        return new(tensor, row, targets, runs, (float)factor, added, firstRow);
    }

    private static OutputRun[] Runs(TensorRow row, NamedTensor[] targets, int heads)
    {
        List<OutputRun> runs = [];
        int output = 0, turns = row.HeadByHead ? heads : 1;
        for (int turn = 0; turn < turns; turn++)
        {
            for (int target = 0; target < targets.Length; target++)
            {
                int count = targets[target].Shape[^1] / turns;
                runs.Add(new(output, target, turn * count, count));
                output += count;
            }
        }

        return [.. runs];
    }

    private static void EnsureShape(NamedTensor tensor, TensorRow row, NamedTensor[] targets, int firstRow)
    {
        int inputs = targets[0].Shape[0], outputs = targets.Sum(target => target.Shape[^1]);
        bool fits = (row.As, tensor.Shape) switch
        {
            (StoredAs.OutIn, [int rows, int columns]) => rows == outputs && columns == inputs,
            (StoredAs.InOut, [int rows, int columns]) => rows == inputs && columns == outputs,
            (StoredAs.Vector, [int length]) => length == outputs,
            (StoredAs.Rows, [int rows, int columns]) => columns == outputs
                && (row.Targets[0] == "position.embedding" ? rows >= inputs + firstRow : rows == inputs),
            (StoredAs.Segment, [>= 1, int columns]) => columns == outputs,
            _ => false,
        };
        if (!fits)
        {
            throw new InputException(
                $"tensor '{tensor.Name}' is [{string.Join(", ", tensor.Shape)}], which does not fit "
                + string.Join(", ", targets.Select(target => $"{target.Name} [{string.Join(", ", target.Shape)}]")));
        }
    }
}

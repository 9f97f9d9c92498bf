using Hybrid.Architectures;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>Two architectures, what differs, and what each difference does to the verdict's numbers when it alone is made.</summary>
/// <param name="A">The prediction of the first.</param>
/// <param name="B">The prediction of the second.</param>
/// <param name="Differences">
/// The fields that differ by more than rounding, the strongest first; those that are legal only together are one.
/// </param>
/// <param name="BesideA">What A with differences of B is compared with: A, drawn as often as that is.</param>
/// <param name="BesideB">The same of B.</param>
internal sealed record Attribution(
    Prediction A, Prediction B, IReadOnlyList<RecordDifference> Differences, Prediction BesideA, Prediction BesideB)
{
    /// <summary>
    /// Predicts both, and with every difference both alone in A and last of all on the way to B: two predictions a difference, which take
    /// less time each, as do those of A and B that they are compared with.
    /// </summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second.</param>
    /// <param name="progress">Told of predictions made, and of how many there are to make.</param>
    /// <param name="cancellation">Ends it within a step.</param>
    public static Attribution Of(Architecture a, Architecture b, Action<int, int> progress, CancellationToken cancellation)
    {
        IReadOnlyList<Field[]> groups = Groups(a, b);
        int done = 0, total = groups.Count > 1 ? 4 + 2 * groups.Count : 2;
        Prediction first = Next(Predict.Until, a), second = Next(Predict.Until, b);
        if (groups.Count <= 1)
            return new Attribution(first, second, [.. groups.Select(fields => new RecordDifference(fields, second, first))], first, second);

        RecordDifference[] differences = [.. groups.Select(fields => new RecordDifference(
            fields, Next(Predict.Beside, Mixed(a, b, fields)), Next(Predict.Beside, Mixed(b, a, fields))))];
        Attribution found = new(first, second, differences, Next(Predict.Beside, a), Next(Predict.Beside, b));
        return found with { Differences = [.. differences.OrderByDescending(difference => found.Size(difference))] };

        Prediction Next(Func<CancellationToken, Architecture, Prediction> predict, Architecture architecture)
        {
            progress(done++, total);
            return predict(cancellation, architecture);
        }
    }

    /// <summary>Every field that differs, in the record's order.</summary>
    public IEnumerable<Field> Fields =>
        Architectures.Fields.All.Where(Differences.SelectMany(difference => difference.Fields).Contains);

    /// <summary>What a number changes by when a difference alone is made, when it is made last, and the mean of both.</summary>
    public (double Alone, double Last, double Mean) Effect(RecordDifference difference, Func<Prediction, double> number)
    {
        double alone = number(difference.Alone) - number(BesideA), last = number(BesideB) - number(difference.Without);
        return (alone, last, 0.5 * (alone + last));
    }

    /// <summary>What of a number's change no difference has alone: the differences act together.</summary>
    public double Together(Func<Prediction, double> number) =>
        number(B) - number(A) - Differences.Sum(difference => Effect(difference, number).Mean);

    /// <summary>How far a difference moves what is counted; one that cannot be told comes first.</summary>
    private double Size(RecordDifference difference)
    {
        double mean = Effect(difference, prediction => prediction.Trainability.Sums.Counted).Mean;
        return double.IsNaN(mean) ? double.PositiveInfinity : Math.Abs(mean);
    }

    /// <summary>Every field that differs by itself; where that is illegal in the other, fields are joined until it is legal.</summary>
    private static List<Field[]> Groups(Architecture a, Architecture b)
    {
        List<Field[]> groups = [.. Architectures.Fields.All
            .Where(field => !field.Kind.IsText && !AreEqual(field.Read(a), field.Read(b)))
            .Select(field => (Field[])[field])];
        while (groups.FindIndex(group => !IsLegal(group)) is int torn and >= 0 && groups.Count > 1)
        {
            Field[] group = groups[torn];
            groups.RemoveAt(torn);
            int partner = groups.FindIndex(other => IsLegal([.. other, .. group]));
            if (partner < 0)
                partner = Math.Max(0, groups.FindIndex(other => !IsLegal(other)));
            groups[partner] = [.. Architectures.Fields.All.Where(field => groups[partner].Contains(field) || group.Contains(field))];
        }

        return groups;

        // 768 · 0.02² and 0.3072 are written differently and are the same.
        static bool AreEqual(FieldValue x, FieldValue y) => x.Equals(y)
            || (x is FieldValue.Number one && y is FieldValue.Number other
                && Math.Abs(one.Item - other.Item) <= 1e-12 * Math.Abs(one.Item));

        bool IsLegal(Field[] fields) => Valid(Mixed(a, b, fields)) && Valid(Mixed(b, a, fields));

        static bool Valid(Architecture architecture) => ArchitectureModule.Validate(architecture).Length == 0;
    }

    /// <summary>An architecture with some fields of another.</summary>
    private static Architecture Mixed(Architecture architecture, Architecture other, Field[] fields) =>
        fields.Aggregate(architecture, (mixed, field) => field.Write(mixed, field.Read(other))!);
}

/// <summary>Fields that differ, with what they do.</summary>
/// <param name="Fields">One field, or several that are legal only together.</param>
/// <param name="Alone">A with these fields of B.</param>
/// <param name="Without">B with these fields of A.</param>
internal sealed record RecordDifference(Field[] Fields, Prediction Alone, Prediction Without);

namespace Hybrid.Import.HuggingFace;

/// <summary>How rope_scaling changes the frequencies of rotary positions, and what cosines and sines are multiplied by.</summary>
internal sealed class RotaryScaling
{
    private const double YarnFast = 32, YarnSlow = 1;

    // More tokens with positions have no prediction, and the sum over them takes minutes before it says so.
    private const int MostDistance = 65535;

    private readonly Func<double[], double, double[]> _frequencies;

    private RotaryScaling(string type, Func<double[], double, double[]> frequencies, double turnFactor, double allDimensions)
    {
        (Type, _frequencies, TurnFactor, LogitFactor) = (type, frequencies, turnFactor, allDimensions * allDimensions);
    }

    /// <summary>Its name in the file.</summary>
    public string Type { get; }

    /// <summary>What cosines and sines are multiplied by, > 0.</summary>
    public double TurnFactor { get; }

    /// <summary>What DeepSeek's code multiplies logits by because of it: 1 without mscale_all_dim.</summary>
    public double LogitFactor { get; }

    /// <summary>The name of the scaling in such an object.</summary>
    public static string TypeOf(ConfigReader scaling) => scaling.FirstText("rope_type", "type") ?? "default";

    /// <summary>Reads the object, or null for plain positions.</summary>
    /// <param name="scaling">rope_scaling or rope_parameters; null where there is none.</param>
    /// <param name="config">The configuration around it.</param>
    /// <exception cref="Json.InputException">A scaling of another type, or a value out of range.</exception>
    public static RotaryScaling? Read(ConfigReader? scaling, ConfigReader config)
    {
        if (scaling is null)
            return null;
        string type = TypeOf(scaling);
        switch (type)
        {
            // Sections of mrope differ between images and text only; dynamic bases begin behind the longest context.
            case "default" or "mrope" or "dynamic" or "ntk":
                return null;
            case "linear":
                double divisor = Factor(scaling);
                return new(type, (plain, _) => [.. plain.Select(frequency => frequency / divisor)], 1, 1);
            case "llama3":
                return Llama(scaling, config);
            case "yarn":
                return Yarn(scaling, config);
            case "longrope" or "su":
                return Long(scaling, config);
            default:
                throw config.Error($"{scaling.Path("rope_type")} must be default, linear, dynamic, yarn, longrope, llama3 or mrope, "
                + $"got '{type}'");
        }
    }

    /// <summary>
    /// What the key alpha of a dynamic scaling multiplies the base by at any length; null without it.
    /// </summary>
    /// <param name="scaling">rope_scaling or rope_parameters; null where there is none.</param>
    /// <param name="coordinates">Coordinates of a head.</param>
    public static double? Stretch(ConfigReader? scaling, int coordinates) =>
        scaling is not null && TypeOf(scaling) == "dynamic" && scaling.Positive("alpha") is double alpha
            ? Math.Pow(alpha, coordinates / (coordinates - 2.0))
            : null;

    /// <summary>YaRN of so large a factor for a model of so many tokens, the rest as its code has it.</summary>
    public static RotaryScaling Yarn(double factor, double context) =>
        Yarn(factor, context, YarnFast, YarnSlow, whole: false, Widened(factor, 1), 1);

    /// <summary>The frequencies that stand in the place of base^(−f/pairs), f = 0, 1, ….</summary>
    public double[] Frequencies(double baseFrequency, int pairs) => _frequencies(Plain(baseFrequency, pairs), baseFrequency);

    /// <summary>base^(−f/pairs), f = 0, 1, … pairs − 1.</summary>
    public static double[] Plain(double baseFrequency, int pairs) =>
        [.. Enumerable.Range(0, pairs).Select(pair => Math.Pow(baseFrequency, -(double)pair / pairs))];

    /// <summary>Largest change of the mean cosine between any two of so many tokens, or of the first 65 536.</summary>
    public double Effect(double baseFrequency, int pairs, int tokens)
    {
        double[] plain = Plain(baseFrequency, pairs), scaled = Frequencies(baseFrequency, pairs);
        return Enumerable.Range(1, Math.Clamp(tokens - 1, 1, MostDistance))
            .Max(distance => Math.Abs(Mean(plain, distance) - Mean(scaled, distance)));

        static double Mean(double[] frequencies, int distance) => frequencies.Average(frequency => Math.Cos(distance * frequency));
    }

    private static double Factor(ConfigReader scaling) =>
        scaling.Positive("factor") ?? throw scaling.Error($"{scaling.Path("factor")} is missing; it must be a finite number > 0");

    private static double Original(ConfigReader scaling, ConfigReader config) =>
        scaling.Size("original_max_position_embeddings") ?? config.Size("original_max_position_embeddings")
            ?? config.RequiredSize("max_position_embeddings");

    private static RotaryScaling Llama(ConfigReader scaling, ConfigReader config)
    {
        double factor = Factor(scaling), context = Original(scaling, config);
        double low = scaling.Positive("low_freq_factor") ?? 1, high = scaling.Positive("high_freq_factor") ?? 4;
        return new("llama3", (plain, _) => [.. plain.Select(Scaled)], 1, 1);

        double Scaled(double frequency)
        {
            double turns = context * frequency / (2 * Math.PI);
            double kept = Math.Clamp((turns - low) / (high - low), 0, 1);
            return frequency * (kept + ((1 - kept) / factor));
        }
    }

    private static RotaryScaling Yarn(ConfigReader scaling, ConfigReader config)
    {
        double factor = Factor(scaling), context = Original(scaling, config);
        double fast = scaling.Positive("beta_fast") ?? YarnFast, slow = scaling.Positive("beta_slow") ?? YarnSlow;
        bool whole = scaling.Flag("truncate", true);
        double? all = scaling.NonNegative("mscale_all_dim"), one = scaling.NonNegative("mscale");
        double turn = scaling.Positive("attention_factor")
            ?? (one > 0 && all > 0 ? Widened(factor, one.Value) / Widened(factor, all.Value) : Widened(factor, 1));
        return Yarn(factor, context, fast, slow, whole, turn, all > 0 ? Widened(factor, all.Value) : 1);
    }

    private static RotaryScaling Yarn(
        double factor, double context, double fast, double slow, bool whole, double turn, double allDimensions)
    {
        return new("yarn", Scaled, turn, allDimensions);

        double[] Scaled(double[] plain, double baseFrequency)
        {
            double first = Pair(fast), last = Pair(slow);
            if (whole)
                (first, last) = (Math.Floor(first), Math.Ceiling(last));
            (first, last) = (Math.Max(first, 0), Math.Min(last, (2 * plain.Length) - 1));
            double width = Math.Max(last - first, 0.001);
            return [.. plain.Select((frequency, pair) => frequency * Kept((pair - first) / width))];

            double Pair(double turns) => plain.Length * Math.Log(context / (turns * 2 * Math.PI)) / Math.Log(baseFrequency);
        }

        double Kept(double ramp) => 1 - Math.Clamp(ramp, 0, 1) + (Math.Clamp(ramp, 0, 1) / factor);
    }

    private static double Widened(double factor, double strength) => factor <= 1 ? 1 : (0.1 * strength * Math.Log(factor)) + 1;

    private static RotaryScaling Long(ConfigReader scaling, ConfigReader config)
    {
        double context = Original(scaling, config);
        double? given = config.Size("original_max_position_embeddings") is int original
            ? config.RequiredSize("max_position_embeddings") / (double)original
            : scaling.Positive("factor");
        double? own = scaling.Has("original_max_position_embeddings") ? config.Size("max_position_embeddings") / context : null;
        double factor = given ?? own ?? 1;
        double[]? divisors = scaling.Numbers("short_factor");
        double turn = scaling.Positive("attention_factor")
            ?? (factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(context))));
        return new("longrope", Scaled, turn, 1);

        double[] Scaled(double[] plain, double baseFrequency) => divisors is null ? plain
            : divisors.Length == plain.Length && divisors.All(divisor => divisor > 0)
                ? [.. plain.Zip(divisors, (frequency, divisor) => frequency / divisor)]
                : throw scaling.Error(
                    $"{scaling.Path("short_factor")} must hold {plain.Length} numbers > 0, one for each pair that turns, got "
                    + $"{divisors.Length}");
    }
}

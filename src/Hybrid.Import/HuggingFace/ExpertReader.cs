using Hybrid.Architectures;
using Microsoft.FSharp.Core;

namespace Hybrid.Import.HuggingFace;

/// <summary>Reads the experts in the MLP's place; what the record's experts do not do goes into the notes.</summary>
/// <param name="config">The configuration of the stack of blocks.</param>
/// <param name="family">Its family.</param>
/// <param name="notes">Where to add.</param>
internal sealed class ExpertReader(ConfigReader config, Family family, NoteList notes)
{
    private static readonly string[] ActiveKeys = ["num_experts_per_tok", "experts_per_token", "moe_k"];

    private static readonly string[] CountKeys = ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"];

    /// <summary>The experts, or null where every layer has one MLP.</summary>
    /// <param name="depth">L, ≥ 1.</param>
    /// <param name="std">Standard deviation of what a matrix makes of normalised tokens: hidden units and the router's logits.</param>
    /// <exception cref="Json.InputException">A key is out of its range, or experts are such as no record has.</exception>
    public ExpertDescription? Read(int depth, double std)
    {
        string countKey = CountKeys.FirstOrDefault(config.Has) ?? CountKeys[0];
        int? count = config.Count(CountKeys);
        if (family.Experts is not ExpertRule rule)
        {
            if (count is null && config.Has(countKey))
                PassOver();
            return count is null or 1 ? null : throw config.Error(
                $"{config.Path(countKey)} must be 1 or absent, got {count}: the code of {family.ModelType} has no experts; import a dense "
                + "model, name the family that has them, or write an architecture JSON record with mlp.experts");
        }

        if (count is not int experts)
        {
            PassOver();
            return config.Has(countKey) || rule.AreOptional ? null : throw config.Error(
                $"{string.Join(" or ", CountKeys.Select(config.Path))} is missing; it must be an integer from 0 to "
                + $"{ArchitectureModule.LargestSize}");
        }

        int dense = Dense(rule, depth);
        if (dense == depth)
        {
            PassOver();
            return null;
        }

        int active = config.RequiredSize(ActiveKeys);
        if (active > experts)
            throw config.Error(
                $"{config.Path(ActiveKeys.First(config.Has))} must be an integer from 1 to {countKey} = {experts}, got {active}");
        int width = config.RequiredSize(rule.WidthKey);
        Gate gate = ReadGate(rule);
        Groups(rule, experts);
        Differences(rule, std, experts);
        int shared = SharedWidth(rule, width);
        double power = 1;
        if (rule.Shared == SharedExpert.Gated && shared > 0)
        {
            power = MeanSquareOfLogistic(std);
            notes.Add(
                NoteRank.Approximated,
                $"the shared expert's own gate, a logistic function of the token, is taken as its root mean square "
                + $"{Math.Sqrt(power):0.000} for all tokens");
        }

        // Without a norm of their own, logistic gates near 1 add up.
        double given = config.Positive("routed_scaling_factor") ?? rule.Scale;
        double scale = rule.GatesInputs ? active : rule.ScalesUnnormalisedOnly && gate.IsRenormalised ? 1 : given;
        return new ExpertDescription(
            experts, active, gate, scale, width, shared, power, dense,
            rule.RouterStd is double own ? FSharpOption<double>.Some(own) : null);
    }

    // What experts would be, where there are none.
    private void PassOver() => config.PassOver(
        [
            .. ActiveKeys, "moe_intermediate_size", "moe_layer_freq", "n_group", "topk_group", "n_shared_experts",
            "shared_expert_intermediate_size", "moe_gate", "moe_num_shared_experts", "moe_layer_start_index", "moe_layer_end_index",
            "moe_layer_interval",
        ]);

    /// <summary>Hidden units of layers that have no experts.</summary>
    public int? DenseWidth() => family.Experts?.DenseWidthKey is string key ? config.Size(key) : null;

    private Gate ReadGate(ExpertRule rule)
    {
        const string Key = "scoring_func", NormKey = "norm_topk_prob", WayKey = "moe_gate", TopK = "topk";
        if (config.Text(WayKey) is string way and not TopK)
            throw config.Error($"{config.Path(WayKey)} must be {TopK} or absent, got '{way}', which is not modelled");
        Gate gate = config.Text(Key) switch
        {
            null => rule.Gate,
            "softmax" => Gate.Renormalised,
            // chosen by a corrected sigmoid, weighed by the plain one
            "sigmoid" or "noaux_tc" => Gate.Sigmoid,
            string other => throw config.Error($"{config.Path(Key)} must be softmax or sigmoid, got '{other}'"),
        };
        if (rule.Unnormalised is not Gate unnormalised || config.Flag(NormKey, rule.NormalisedByDefault))
            return gate;
        return gate.IsSigmoid
            ? throw config.Error(
                $"{config.Path(NormKey)} must be true where experts are weighed by sigmoid: the record's are normalised, got "
                + (config.Has(NormKey) ? "false" : "none, which the family's code takes for false"))
            : unnormalised;
    }

    // The record has experts from one layer on.
    private int Dense(ExpertRule rule, int depth)
    {
        if (rule.DenseWidthKey is null)
            return 0;
        bool[] sparse = new bool[depth];
        const string KindsKey = "mlp_layer_types";
        int first = config.CountOr(rule.DenseFirst, "first_k_dense_replace", "moe_layer_start_index");
        int last = config.Layer("moe_layer_end_index") is >= 0 and int end ? end : depth;
        int every = config.Size("moe_layer_freq") ?? 1;
        int step = config.Count("decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_interval") ?? 1;
        HashSet<int> only = [.. Layers("mlp_only_layers") ?? []];
        HashSet<int>? listed = Layers("moe_layers")?.ToHashSet();
        string[] kinds = config.Texts(KindsKey);
        if (kinds.Length > 0 && (kinds.Length != depth || kinds.Any(kind => kind is not ("dense" or "sparse"))))
            throw config.Error($"{config.Path(KindsKey)} must have dense or sparse for each of {depth} layers, got {kinds.Length} entries");
        for (int layer = 0; layer < depth; layer++)
        {
            sparse[layer] = kinds.Length > 0 ? kinds[layer] == "sparse"
                : listed?.Contains(layer)
                    ?? (layer >= first && layer <= last && layer % every == 0 && (layer + 1) % step == 0 && !only.Contains(layer));
        }

        int dense = Array.IndexOf(sparse, true);
        if (dense < 0)
            return depth;
        return sparse.Skip(dense).All(has => has) ? dense : throw config.Error(
            $"layers without experts must be the first ones: {Pattern()} puts one behind layer {dense + 1}, which has experts, "
            + "and the record (mlp.experts.dense) has experts from one layer on");
    }

    private string Pattern()
    {
        string[] keys =
        [
            "mlp_layer_types", "moe_layers", "mlp_only_layers", "decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_interval",
            "moe_layer_freq", "moe_layer_end_index",
        ];
        return string.Join(" or ", keys.Where(config.IsSet).Select(config.Path));
    }

    private int[]? Layers(string key) => config.Numbers(key) is double[] numbers
        ? [.. numbers.Select(number => number >= 0 && number == Math.Floor(number)
            ? (int)number
            : throw config.Error($"{config.Path(key)} must hold numbers of layers from 0, got {number}"))]
        : null;

    private int SharedWidth(ExpertRule rule, int width)
    {
        switch (rule.Shared)
        {
            case SharedExpert.None:
                return 0;
            case SharedExpert.Same:
                return width;
            case SharedExpert.Gated:
                return config.CountOr(rule.SharedByDefault, "shared_expert_intermediate_size");
            case SharedExpert.Sized:
                return config.Count("shared_intermediate_size") ?? 0;
            case SharedExpert.Counted:
                long units = (long)config.CountOr(rule.SharedByDefault, "n_shared_experts", "moe_num_shared_experts") * width;
                return units <= ArchitectureModule.LargestSize
                    ? (int)units
                    : throw config.Error(
                        $"n_shared_experts · {rule.WidthKey} must be at most {ArchitectureModule.LargestSize}, got {units}");
            default:
                throw new InvalidOperationException($"no shared expert {rule.Shared}");
        }
    }

    private void Groups(ExpertRule rule, int experts)
    {
        if (rule.Groups is not (int, int) usual)
            return;
        int groups = config.Count("n_group") ?? usual.Groups, chosen = config.Count("topk_group") ?? usual.Chosen;
        string? method = config.Text("topk_method");
        if (groups <= 1 || chosen >= groups || method == "greedy")
            return;
        notes.Add(
            NoteRank.NotModelled,
            $"the choice of experts within {chosen} of {groups} groups of {experts / groups} is not modelled: all {experts} are "
            + $"chosen among here");
    }

    private void Differences(ExpertRule rule, double std, int experts)
    {
        if (rule.GatesInputs)
        {
            // The largest of E logits lies near the normal quantile of 1/E.
            double largest = std * Math.Sqrt(2 * Math.Log(Math.Max(2, experts)));
            double weight = 1 / (1 + Math.Exp(-largest));
            notes.Add(
                NoteRank.NotModelled,
                $"the router's logistic function multiplies what goes into a chosen expert (by about {weight:0.00}), which is not "
                + $"modelled: it is taken as 1",
                1 - (weight * weight));
        }

        if (rule.AddsOne)
        {
            double added = 1 / (std * std);
            notes.Add(
                NoteRank.NotModelled,
                $"the 1 that is added to the gated half of an expert's hidden units is not modelled: it adds {added:0.##} of their power",
                added);
        }
    }

    // E σ(s z)² of a standard normal z; the trapezoid rule is exact to rounding, since both tails leave nothing.
    private static double MeanSquareOfLogistic(double std)
    {
        const double Step = 0.01;
        double sum = 0;
        for (int k = -900; k <= 900; k++)
        {
            double z = k * Step, gate = 1 / (1 + Math.Exp(-std * z));
            sum += gate * gate * Math.Exp(-z * z / 2);
        }

        return sum * Step / Math.Sqrt(2 * Math.PI);
    }
}

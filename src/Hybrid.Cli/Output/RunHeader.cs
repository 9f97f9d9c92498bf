using System.Globalization;
using System.Text.Json.Nodes;
using Hybrid.Architectures;

namespace Hybrid.Cli.Output;

/// <summary>What a run is about to do, enough to repeat it: the first lines of its output and the "run" of its JSON.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Engine">The engine, or null where none runs.</param>
/// <param name="Samples">Networks for each ensemble; 0 where none is drawn.</param>
/// <param name="Threads">Threads; 0 where no engine runs.</param>
/// <param name="Device">Where the engine runs and what it was told there, of an engine that has a choice.</param>
internal sealed record RunHeader(string Verb, ulong Seed, string? Engine = null, int Samples = 0, int Threads = 0, string? Device = null)
{
    /// <summary>One line for the run; one more for each architecture is <see cref="Describe"/>.</summary>
    public void Write(TextWriter writer)
    {
        List<string> parts = [$"hybrid {Machine.Version}", Verb];
        if (Engine is not null)
        {
            parts.Add(Device is null ? $"engine {Engine}" : $"engine {Engine} on {Device}");
            if (Samples > 0)
                parts.Add($"{Samples} samples");
            parts.Add($"SIMD {Machine.Simd}");
            parts.Add(Threads == 1 ? "1 thread" : $"{Threads} threads");
        }

        parts.Add($"seed {Seed.ToString(CultureInfo.InvariantCulture)}");
        writer.WriteLine(string.Join(" · ", parts));
    }

    /// <summary>The run as JSON.</summary>
    public JsonObject ToNode()
    {
        JsonObject node = new() { ["command"] = Verb, ["version"] = Machine.Version, ["seed"] = Seed };
        if (Engine is not null)
        {
            node["engine"] = Engine;
            if (Device is not null)
                node["device"] = Device;
            if (Samples > 0)
                node["samples"] = Samples;
            node["simd"] = Machine.Simd;
            node["threads"] = Threads;
        }

        return node;
    }

    /// <summary>An architecture in one line, its choices in the words of the JSON record.</summary>
    public static string Describe(Architecture architecture)
    {
        string gated = architecture.Gated ? "gated " : "";
        string mask = architecture.Mask.IsNone ? "" : $", {Value("mask")} mask";
        string line = $"{architecture.Name}: {architecture.Depth} blocks, {architecture.Tokens} tokens, width {architecture.Width}, "
            + $"heads {architecture.Heads}, MLP {architecture.MlpWidth} {gated}{Value("activation")}, norm {Value("norm")}{mask}";
        IEnumerable<string> features = Features.Of(architecture)
            .Where(feature => !feature.IsMask)
            .Select(feature => $", {feature.Field} {Value(feature.Field)}");
        return line + string.Concat(features);

        string Value(string path) => Fields.Find(path)!.Read(architecture).ToString();
    }
}

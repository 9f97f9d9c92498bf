namespace Hybrid.Gpu;

/// <summary>One question to the machine, answered by a process of its own that prints one JSON document.</summary>
/// <param name="Name">Under which it stands in the report.</param>
/// <param name="Seconds">After which it is ended.</param>
/// <param name="Arguments">Of this program.</param>
internal sealed record Part(string Name, double Seconds, string[] Arguments)
{
    // Ordered, on the boundary, chaotic, and two other placements.
    private static readonly string[] Checked = ["pre-tanh-ordered", "pre-tanh-critical", "pre-tanh-chaotic", "post-relu", "peri-gelu"];

    /// <summary>Of the engine's tests; others go by the command's options.</summary>
    public string Precision { get; init; } = "single";

    /// <summary>All of them, what tells most first.</summary>
    public static IReadOnlyList<Part> All(RunOptions options)
    {
        (string device, bool small) = (options.Device, options.Small);
        string size = small ? "small" : "large";
        string[] precisions = small ? ["single", "bfloat16"] : ["single", "tf32", "bfloat16"];
        string[] engine = ["--engine", "torch", "--device", device, "--json"];
        string[] agreement = small ? ["post-relu", "--set", "depth=2", "--width", "256", "--samples", "64"] : [.. Checked, "--width", "4096"];
        string[] boundary = small
            ? ["--axis", "mlp.inStd=1,4", "--set", "width=64", "--set", "mlpWidth=64", "--samples", "2"]
            : ["--axis", "mlp.inStd=0.5:8:31", "--set", "width=4096", "--set", "mlpWidth=4096", "--samples", "16"];
        string cells = Path.Combine(Path.GetTempPath(), $"hybrid-gpu-{Environment.ProcessId}");
        return
        [
            new("symbols", 60, ["symbols"]),
            new("info", 60, ["hybrid", "info", "--json"]),
            new("products", 60, ["products", device, small ? "256" : "8192"]),
            Tests("single"),
            new("exhaustion", 120, ["exhaustion", device]),
            .. precisions.Select(precision => new Part($"ensembles-{precision}", 90,
            [
                "hybrid", "bench", .. engine, "--draw", "device", "--precision", precision,
                "--widths", small ? "64" : "256,512,1024,2048,4096", "--seconds", small ? "0.1" : "4",
            ])),
            new("training", 180, ["training", device, size]),
            new("memory", 90, ["memory", device, size]),
            new("agreement", 240, ["hybrid", "check", .. agreement, .. engine, "--draw", small ? "host" : "device"]),
            new("boundary", 180,
            [
                "hybrid", "sweep", "pre-tanh-critical", "--do", "simulate", .. boundary, .. engine, "--draw", "device", "--out", cells,
            ]),
            .. precisions.Skip(1).Select(Tests),
        ];

        // On a processor all of them are what `dotnet test` runs, but for other precisions.
        Part Tests(string precision)
        {
            string[] classes = precision == "single" ? ["LiveTensorTests"] : ["EngineEqualityTests", "TrainingEqualityTests"];
            return new($"tests-{precision}", 240, ["tests", .. small ? classes : []]) { Precision = precision };
        }
    }
}

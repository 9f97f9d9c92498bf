using System.CommandLine;
using Hybrid.Lab.Engines;

namespace Hybrid.Cli.Shared;

/// <summary>The options that choose where and how an engine runs.</summary>
internal sealed class DeviceOptions
{
    private static readonly string[] Precisions = ["single", "tf32", "bfloat16", "double"];
    private static readonly string[] Sources = ["host", "device"];

    private readonly Option<string?> _device = Device();
    private readonly Option<string?> _precision = Precision();
    private readonly Option<string?> _draw = Options.Choice(
        "--draw",
        "What draws the weights, of engine torch: the host, equal to engine dense's, or the device, faster on a GPU; host if not given.",
        null, Sources);

    public DeviceOptions(Command command)
    {
        command.Options.Add(_device);
        command.Options.Add(_precision);
        command.Options.Add(_draw);
    }

    /// <summary>The device alone.</summary>
    public static Option<string?> Device() => new("--device")
    {
        Description = "Where engine torch runs; the first GPU, or the processor where there is none, if not given.",
        HelpName = "cpu|cuda|cuda:N",
    };

    /// <summary>The precision alone.</summary>
    public static Option<string?> Precision() => Options.Choice(
        "--precision", "Of products with matrices, of engine torch; double of all else too; single if not given.", null, Precisions);

    /// <summary>The first of them that is given; null if none is.</summary>
    public string? FirstGiven(ParseResult parsed) =>
        ((Option[])[_device, _precision, _draw]).FirstOrDefault(option => Options.Given(parsed, option))?.Name;

    /// <summary>What was asked for.</summary>
    public DeviceChoice Choice(ParseResult parsed, long? memory) =>
        new(parsed.GetValue(_device), parsed.GetValue(_precision), parsed.GetValue(_draw) == Sources[1], memory);
}

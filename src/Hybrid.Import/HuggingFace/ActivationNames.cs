using Hybrid.Architectures;
using Hybrid.Import.Json;

namespace Hybrid.Import.HuggingFace;

/// <summary>Activations under their names in configurations.</summary>
internal static class ActivationNames
{
    /// <summary>Refused and not mapped to GELU: nobody should learn from a note that another function was predicted.</summary>
    private const string QuickGelu = "quick_gelu";

    // Others of the library's, of which none is suggested: each is meant.
    private static readonly string[] Others =
        ["relu2", "relu_squared", "relu6", "leaky_relu", "prelu", "elu", "selu", "mish", "laplace", "gelu_10", "xielu", "hardswish"];

    private static readonly Dictionary<string, Activation> ByName = new()
    {
        ["gelu"] = Activation.Gelu,
        ["gelu_python"] = Activation.Gelu,
        ["gelu_new"] = Activation.GeluTanh,
        ["gelu_pytorch_tanh"] = Activation.GeluTanh,
        ["gelu_fast"] = Activation.GeluTanh,
        ["gelu_accurate"] = Activation.GeluTanh,
        ["gelu_python_tanh"] = Activation.GeluTanh,
        ["silu"] = Activation.Silu,
        ["swish"] = Activation.Silu,
        ["relu"] = Activation.Relu,
        ["tanh"] = Activation.Tanh,
        ["sigmoid"] = Activation.Sigmoid,
        ["linear"] = Activation.Linear,
    };

    /// <summary>The name of the activation in a gated MLP's name; null where that is none.</summary>
    public static string? WithinGate(string name) => name switch
    {
        "swiglu" => "silu",
        "geglu" => "gelu",
        "glu" => "sigmoid",
        _ => null,
    };

    /// <summary>The activation of that name; an error that lists the legal ones otherwise.</summary>
    public static Activation Find(ConfigReader config, string key, string name) =>
        ByName.TryGetValue(name, out Activation? activation)
            ? activation
            : throw config.Error(
                $"{config.Path(key)} must be one of {string.Join(", ", ByName.Keys)}, got '{name}'{Hint(name)}");

    private static string Hint(string name) => name == QuickGelu
        ? ": x sigmoid(1.702 x) is none of the theory's activations; "
            + "gelu, from which it differs by at most 0.021, is the nearest to put in its place"
        : Others.Contains(name) ? ", which is none of the theory's activations"
        : NearestName.Question(name, ByName.Keys);
}

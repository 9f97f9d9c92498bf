using Hybrid.Theory;

namespace Hybrid.Harness.Architectures.HuggingFace;

/// <summary>Activations under their names in configurations.</summary>
internal static class ActivationNames
{
    // quick_gelu, x sigmoid(1.702 x), is not here: it is none of the theory's activations and differs from GELU by up to 0.02.
    private static readonly Dictionary<string, Activation> ByName = new()
    {
        ["gelu"] = Activation.Gelu,
        ["gelu_python"] = Activation.Gelu,
        ["gelu_new"] = Activation.GeluTanh,
        ["gelu_pytorch_tanh"] = Activation.GeluTanh,
        ["gelu_fast"] = Activation.GeluTanh,
        ["gelu_accurate"] = Activation.GeluTanh,
        ["silu"] = Activation.Silu,
        ["swish"] = Activation.Silu,
        ["relu"] = Activation.Relu,
        ["tanh"] = Activation.Tanh,
        ["sigmoid"] = Activation.Sigmoid,
        ["linear"] = Activation.Linear,
    };

    /// <summary>The activation of that name; an error that lists the legal ones otherwise.</summary>
    public static Activation Find(ConfigReader config, string key, string name) =>
        ByName.TryGetValue(name, out Activation? activation)
            ? activation
            : throw config.Error(
                $"{config.Path(key)} must be one of {string.Join(", ", ByName.Keys)}, got '{name}'{NearestName.Question(name, ByName.Keys)}");
}

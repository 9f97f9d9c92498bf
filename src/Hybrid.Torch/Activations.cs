using Hybrid.Architectures;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>φ by name; derivatives are autograd's.</summary>
internal static class Activations
{
    private const double LeakySlope = 0.01, TwoRootTwoOverPi = 1.5957691216057307117, Cubic = 0.044715;

    /// <summary>φ of every entry.</summary>
    internal static Tensor Apply(Activation activation, Tensor x) => activation.Tag switch
    {
        Activation.Tags.Linear => x.alias(),
        Activation.Tags.Relu => x.relu(),
        Activation.Tags.LeakyRelu => x.leaky_relu(LeakySlope),
        Activation.Tags.Erf => x.erf(),
        Activation.Tags.Tanh => x.tanh(),
        Activation.Tags.Gelu => x.gelu(),
        Activation.Tags.GeluTanh => GeluTanh(x),
        Activation.Tags.Silu => x.silu(),
        Activation.Tags.Sigmoid => x.sigmoid(),
        _ => throw new ArgumentException($"networks have no activation {activation}; take one of the named ones"),
    };

    // x σ(2u), u = √(2/π)(x + 0.044715 x³), as the dense engine has it; TorchSharp 0.106 lacks libtorch's own.
    private static Tensor GeluTanh(Tensor x) => x * (x * (x * x * Cubic + 1) * TwoRootTwoOverPi).sigmoid();
}

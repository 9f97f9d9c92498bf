using Hybrid.Architectures;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>φ by name; derivatives are autograd's.</summary>
internal static class Activations
{
    private const double LeakySlope = 0.01;

    /// <summary>φ of every entry.</summary>
    internal static Tensor Apply(Activation activation, Tensor x) => activation.Tag switch
    {
        Activation.Tags.Linear => x.alias(),
        Activation.Tags.Relu => x.relu(),
        Activation.Tags.LeakyRelu => LeakyRelu(x),
        Activation.Tags.Erf => x.erf(),
        Activation.Tags.Tanh => x.tanh(),
        Activation.Tags.Gelu => x.gelu(),
        Activation.Tags.GeluTanh => x.gelu(GELU.Approximate.tanh),
        Activation.Tags.Silu => x.silu(),
        Activation.Tags.Sigmoid => x.sigmoid(),
        _ => throw new ArgumentException($"networks have no activation {activation}; take one of the named ones"),
    };

    private static Tensor LeakyRelu(Tensor x)
    {
        using Scalar slope = LeakySlope;
        return x.leaky_relu(slope);
    }
}

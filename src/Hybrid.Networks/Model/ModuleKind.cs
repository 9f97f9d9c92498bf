using Hybrid.Architectures;

namespace Hybrid.Networks.Model;

/// <summary>The modules of a block's sublayers.</summary>
public enum ModuleKind
{
    /// <summary>Attention.</summary>
    Attention,

    /// <summary>The MLP.</summary>
    Mlp,
}

/// <summary>From a sublayer's parameters to the kind of its module.</summary>
internal static class ModuleKinds
{
    /// <summary>Which module stands in <paramref name="sublayer"/>.</summary>
    /// <exception cref="NotSupportedException">Networks do not have the module.</exception>
    internal static ModuleKind Kind(this Sublayer sublayer) => sublayer.Module.Tag switch
    {
        Module.Tags.Attention => ModuleKind.Attention,
        Module.Tags.Mlp => ModuleKind.Mlp,
        _ => throw new NotSupportedException($"networks have no module {sublayer.Module}"),
    };
}

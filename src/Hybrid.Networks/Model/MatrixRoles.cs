using Hybrid.Networks.Random;

namespace Hybrid.Networks.Model;

/// <summary>What goes with a matrix's role.</summary>
public static class MatrixRoles
{
    /// <summary>The stream of random numbers that its initial entries are.</summary>
    /// <param name="role">Any.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none of the roles.</exception>
    public static RandomStream Stream(this MatrixRole role) => role switch
    {
        MatrixRole.Query => RandomStream.Query,
        MatrixRole.Key => RandomStream.Key,
        MatrixRole.Value => RandomStream.Value,
        MatrixRole.AttentionOut => RandomStream.AttentionOut,
        MatrixRole.MlpIn => RandomStream.MlpIn,
        MatrixRole.MlpBias => RandomStream.MlpBias,
        MatrixRole.MlpUp => RandomStream.MlpUp,
        MatrixRole.MlpOut => RandomStream.MlpOut,
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "must be the role of a matrix"),
    };
}

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
        MatrixRole.Router => RandomStream.Router,
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "must be the role of a matrix"),
    };

    /// <summary>The field of the record that sets the standard deviation of its initial entries.</summary>
    /// <param name="role">Any.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none of the roles.</exception>
    public static string Field(this MatrixRole role) => role switch
    {
        MatrixRole.Query or MatrixRole.Key => "attention.logitStd",
        MatrixRole.Value or MatrixRole.AttentionOut => "attention.valueStd",
        MatrixRole.MlpIn or MatrixRole.MlpUp => "mlp.inStd",
        MatrixRole.MlpBias => "mlp.biasStd",
        MatrixRole.MlpOut => "mlp.outStd",
        MatrixRole.Router => "mlp.experts",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "must be the role of a matrix"),
    };
}

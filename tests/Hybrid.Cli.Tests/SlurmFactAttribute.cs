using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>A test on a cluster of its own; skipped, with the reason, where Slurm cannot be had.</summary>
public sealed class SlurmFactAttribute : FactAttribute
{
    private static readonly string[] Programs = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol"];

    public SlurmFactAttribute()
    {
        Skip = Environment.UserName != "root" ? "only root can start a cluster of Slurm whose daemons trust each other"
            : Array.Find(Programs, program => Find(program) is null) is string missing
                ? $"there is no {missing}; Debian's packages slurm-wlm and munge have it"
                : null;
    }

    /// <summary>Where a program of Debian's packages is, or null.</summary>
    internal static string? Find(string program) => ((string[])["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"])
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}

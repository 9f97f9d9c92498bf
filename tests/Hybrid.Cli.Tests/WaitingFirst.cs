using Xunit;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Hybrid.Cli.Tests.WaitingFirst", "Hybrid.Cli.Tests")]

namespace Hybrid.Cli.Tests;

/// <summary>The tests of Slurm begin first: they mostly wait for its clock, and the others compute beside them.</summary>
public sealed class WaitingFirst : ITestCollectionOrderer
{
    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(collection => collection.DisplayName.EndsWith(nameof(SlurmTests), StringComparison.Ordinal));
}

using Xunit;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Hybrid.Cli.Tests.WaitingFirst", "Hybrid.Cli.Tests")]

namespace Hybrid.Cli.Tests;

/// <summary>
/// The tests of Slurm begin first, which mostly wait for its clock, then those of pages, one after the other in one browser; the others
/// compute beside them.
/// </summary>
public sealed class WaitingFirst : ITestCollectionOrderer
{
    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(collection => collection.DisplayName.EndsWith(nameof(SlurmTests), StringComparison.Ordinal))
            .ThenByDescending(collection => collection.DisplayName == ChromiumPages.Name);
}

using System.Reflection;
using System.Xml.Linq;
using Xunit;

namespace Hybrid.House.Tests;

/// <summary>Who may know whom, between the libraries and inside each of those that have namespaces.</summary>
public sealed class DependencyTests
{
    public static TheoryData<string> Libraries => [.. House.Libraries];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Namespaces_of_a_library_form_no_cycle(string library)
    {
        ILookup<(string From, string To), string> edges = References.Namespaces(House.Assembly(library));
        string[] cycles = [.. edges
            .Where(edge => Reaches(edges, edge.Key.To, edge.Key.From))
            .Select(edge => $"{edge.Key.From} → {edge.Key.To}: {string.Join(", ", edge.Distinct().Take(4))}")
            .Order(StringComparer.Ordinal)];
        Assert.True(cycles.Length == 0, $"edges that lie on a cycle:\n{string.Join('\n', cycles)}");
    }

    [Fact]
    public void The_scan_sees_signatures_and_code()
    {
        ILookup<(string From, string To), string> edges = References.Namespaces(House.Assembly("Hybrid.Networks"));
        Assert.Contains(edges, edge => edge.Key == ("Hybrid.Networks.Engines.Dense", "Hybrid.Networks.Linear"));
        Assert.Contains(edges[("Hybrid.Networks.Engines.Dense", "Hybrid.Networks.Linear")], member => member.Contains(".ctor"));
    }

    [Fact]
    public void Theory_and_networks_do_not_see_each_other()
    {
        Assert.DoesNotContain("Hybrid.Theory", Reachable("Hybrid.Networks"));
        Assert.DoesNotContain("Hybrid.Networks", Reachable("Hybrid.Theory"));
        Assert.Equal(["Hybrid.Architectures"], Reachable("Hybrid.Networks"));
        Assert.Equal(["Hybrid.Architectures"], Reachable("Hybrid.Theory"));
    }

    [Fact]
    public void Drawing_and_the_architectures_know_no_other_project()
    {
        Assert.Empty(Reachable("Hybrid.Drawing"));
        Assert.Empty(Reachable("Hybrid.Architectures"));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_refers_to_what_its_project_lists_and_to_nothing_else(string library)
    {
        string[] used = [.. House.Assembly(library).GetReferencedAssemblies()
            .Select(reference => reference.Name!).Where(name => name.StartsWith("Hybrid.", StringComparison.Ordinal))];
        Assert.Subset(Reachable(library).ToHashSet(), used.ToHashSet());
    }

    private static SortedSet<string> Reachable(string library)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        string project = Assert.Single(House.Files($"/{library}.csproj", $"/{library}.fsproj"));
        foreach (XElement reference in XDocument.Load(Path.Combine(House.Root, project)).Descendants("ProjectReference"))
        {
            string name = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value);
            found.Add(name);
            found.UnionWith(Reachable(name));
        }

        return found;
    }

    private static bool Reaches(ILookup<(string From, string To), string> edges, string from, string to)
    {
        HashSet<string> seen = [from];
        Stack<string> open = new([from]);
        while (open.TryPop(out string? at))
        {
            if (at == to)
                return true;
            foreach (string next in edges.Where(edge => edge.Key.From == at).Select(edge => edge.Key.To))
            {
                if (seen.Add(next))
                    open.Push(next);
            }
        }

        return false;
    }
}

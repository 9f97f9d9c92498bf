using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Hybrid.Lab.Tests;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>The C# of the packages' READMEs compiles as a program and runs.</summary>
[Collection(nameof(ChangesTheProcess))]
public sealed partial class PackageReadmeTests
{
    private const string Usings = "global using System; global using System.IO; global using System.Linq;";

    [Theory]
    [InlineData("theory/Hybrid.Theory", "λ_a = ")]
    [InlineData("src/Hybrid.Networks", "12: q = ")]
    [InlineData("src/Hybrid.Lab", "")]
    public void The_sample_runs(string project, string expected)
    {
        string readme = File.ReadAllText(Path.Combine(Root(), project, "README.md"));
        Match sample = Assert.Single(Sample().Matches(readme));
        Assert.Contains(expected, Run(sample.Groups[1].Value));
    }

    private static string Run(string source)
    {
        string[] libraries = (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string)!.Split(Path.PathSeparator);
        CSharpCompilation program = CSharpCompilation.Create(
            "sample",
            [CSharpSyntaxTree.ParseText(source), CSharpSyntaxTree.ParseText(Usings)],
            libraries.Select(library => MetadataReference.CreateFromFile(library)));
        using MemoryStream image = new();
        Assert.Empty(program.Emit(image).Diagnostics.Where(problem => problem.Severity == DiagnosticSeverity.Error));

        using TemporaryFolder folder = new();
        string before = Directory.GetCurrentDirectory();
        TextWriter console = Console.Out;
        using StringWriter output = new();
        try
        {
            Directory.SetCurrentDirectory(folder.Root);
            Console.SetOut(output);
            Assembly.Load(image.ToArray()).EntryPoint!.Invoke(null, [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(console);
            Directory.SetCurrentDirectory(before);
        }

        return output.ToString();
    }

    private static string Root([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Sample();
}

/// <summary>Tests that change the process (its folder, its standard output) while no other runs.</summary>
[CollectionDefinition(nameof(ChangesTheProcess), DisableParallelization = true)]
public sealed class ChangesTheProcess;

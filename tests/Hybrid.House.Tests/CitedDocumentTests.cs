using System.Text.RegularExpressions;
using Xunit;

namespace Hybrid.House.Tests;

/// <summary>Comments, test names and pages cite documents of the repository only, by a path that leads there.</summary>
public sealed partial class CitedDocumentTests
{
    [Fact]
    public void Code_cites_documents_by_a_path_from_the_root_and_no_other()
    {
        string[] unknown =
        [
            .. House.Files(".cs", ".fs", ".py").SelectMany(file => House.Read(file).Split('\n')
                .SelectMany((line, index) => Documents().Matches(Spoken().Match(line).Value)
                    .Select(match => match.Value)
                    .Where(document => !Exists(document))
                    .Select(document => $"{file}:{index + 1}: {document}"))),
        ];
        Assert.True(unknown.Length == 0, $"{unknown.Length}\n{string.Join('\n', unknown)}");
    }

    [Fact]
    public void Pages_cite_documents_that_exist()
    {
        string[] unknown =
        [
            .. House.Files(".md").SelectMany(file => Documents().Matches(Blocks().Replace(House.Read(file), ""))
                .Select(match => match.Value)
                .Where(document => !Exists(document) && !Exists(Path.Combine(Path.GetDirectoryName(file)!, document)))
                .Select(document => $"{file}: {document}")),
        ];
        Assert.True(unknown.Length == 0, $"{unknown.Length}\n{string.Join('\n', unknown)}");
    }

    [Fact]
    public void Links_of_pages_lead_to_files()
    {
        (string File, string Target)[] links =
        [
            .. House.Files(".md").SelectMany(file => Links().Matches(Blocks().Replace(House.Read(file), ""))
                .Select(match => (file, match.Groups[1].Value))),
        ];
        string[] broken = [.. links
            .Where(link => !Path.Exists(Path.Combine(House.Root, Path.GetDirectoryName(link.File)!, link.Target)))
            .Select(link => $"{link.File}: {link.Target}")];
        Assert.True(broken.Length == 0, $"{broken.Length}\n{string.Join('\n', broken)}");
        Assert.True(links.Length > 50, $"only {links.Length} links were found");
    }

    private static bool Exists(string document) => File.Exists(Path.Combine(House.Root, document));

    // What a comment, or the name of a test, says in a line.
    [GeneratedRegex(@"//.*$|``.*``|^ *#.*$|""""""")]
    private static partial Regex Spoken();

    [GeneratedRegex(@"(?<![\w/.<{-])[\w./-]*[\w-]*[a-z][\w-]*\.md\b")]
    private static partial Regex Documents();

    // Within the repository, up to an anchor.
    [GeneratedRegex(@"\]\((?!\w+:|#)([^)#\s]+)")]
    private static partial Regex Links();

    // Code, in blocks and in lines: files that a command is to write.
    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}

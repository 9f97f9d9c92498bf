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

    private static bool Exists(string document) => File.Exists(Path.Combine(House.Root, document));

    // What a comment, or the name of a test, says in a line.
    [GeneratedRegex(@"//.*$|``.*``|^ *#.*$|""""""")]
    private static partial Regex Spoken();

    [GeneratedRegex(@"(?<![\w/.<{-])[\w./-]*[\w-]*[a-z][\w-]*\.md\b")]
    private static partial Regex Documents();

    // Code, in blocks and in lines: files that a command is to write.
    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}

using Hybrid.Import.Checkpoints;
using Hybrid.Import.Json;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Import.Tests.Checkpoints;

public sealed class CheckpointTokenizerTests
{
    // Numbers as OpenAI's published encoder gives them.
    [Fact]
    public void GPT_2_has_its_own_tokenizer_everywhere()
    {
        using TemporaryFolder folder = new();
        CheckpointTokenizer tokenizer = CheckpointTokenizer.Find(folder.Root, 50257, out _)!;
        Assert.Equal([15496, 11, 995, 0], tokenizer.Encode("Hello, world!"));
        Assert.Equal("GPT-2's byte pairs", tokenizer.Description);
        Assert.Equal((null, null, null), (tokenizer.First, tokenizer.Last, tokenizer.Mask));
    }

    // By hand: "low" merges to one token, " lower" to " low" and "er", "é" is two bytes.
    [Fact]
    public void Byte_pairs_of_tokenizer_json_are_merged_in_their_order()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.Path("tokenizer.json"), """
            {
              "normalizer": { "type": "NFC" },
              "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false, "use_regex": true },
              "post_processor": { "type": "TemplateProcessing",
                "single": [ { "SpecialToken": { "id": "<s>", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } } ],
                "special_tokens": { "<s>": { "id": "<s>", "ids": [13], "tokens": ["<s>"] } } },
              "model": { "type": "BPE",
                "vocab": { "l": 0, "o": 1, "w": 2, "e": 3, "r": 4, "Ġ": 5, "lo": 6, "low": 7, "er": 8, "Ġlow": 9,
                  "Ã": 10, "©": 11, "<s>": 13 },
                "merges": [ "l o", "lo w", "e r", [ "Ġ", "low" ] ] }
            }
            """);
        CheckpointTokenizer tokenizer = CheckpointTokenizer.Find(folder.Root, 14, out _)!;
        Assert.Equal([7, 9, 8, 10, 11], tokenizer.Encode("low lower\u00e9"));
        Assert.Equal("byte pairs of tokenizer.json, the text taken as composed (NFC)", tokenizer.Description);
        Assert.Null(tokenizer.Last);
        Assert.Equal(13, tokenizer.First);
    }

    [Fact]
    public void Word_pieces_of_vocab_txt_stand_between_their_first_and_last_token()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder.Path("vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "run", "##ning", "."]);
        CheckpointTokenizer tokenizer = CheckpointTokenizer.Find(folder.Root, 9, out _)!;
        Assert.Equal([5, 6, 7, 8], tokenizer.Encode("The running."));
        Assert.Equal((2, 3, 4), (tokenizer.First, tokenizer.Last, tokenizer.Mask));
        Assert.Equal("word pieces of vocab.txt", tokenizer.Description);
        // "The" is no piece where letters keep their size
        File.WriteAllText(folder.Path("tokenizer_config.json"), """{ "do_lower_case": false }""");
        Assert.Equal([1, 6, 7, 8], CheckpointTokenizer.Find(folder.Root, 9, out _)!.Encode("The running."));
        foreach (string text in (string[])["{}", """{ "do_lower_case": true }"""])
        {
            File.WriteAllText(folder.Path("tokenizer_config.json"), text);
            Assert.Equal([5, 6, 7, 8], CheckpointTokenizer.Find(folder.Root, 9, out _)!.Encode("The running."));
        }
    }

    [Fact]
    public void Word_pieces_of_tokenizer_json_have_the_numbers_that_it_gives()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.Path("tokenizer.json"), """
            { "model": { "type": "WordPiece",
              "vocab": { "run": 6, "the": 5, "[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4 } } }
            """);
        CheckpointTokenizer tokenizer = CheckpointTokenizer.Find(folder.Root, 7, out _)!;
        Assert.Equal([5, 6], tokenizer.Encode("the run"));
        Assert.Equal("word pieces of tokenizer.json", tokenizer.Description);
        Assert.Equal((2, 3, 4), (tokenizer.First, tokenizer.Last, tokenizer.Mask));
    }

    // By hand: GPT-2's pattern keeps a space with the letters behind it, the other one every letter alone, so that "lo" never merges.
    [Theory]
    [InlineData("""{ "type": "ByteLevel", "add_prefix_space": false }""", "6 5 6")]
    [InlineData("""{ "type": "ByteLevel" }""", "6 5 6")]
    [InlineData("""
        { "type": "Sequence", "pretokenizers": [ { "type": "Split", "pattern": { "Regex": "." } }, { "type": "ByteLevel" } ] }
        """, "0 1 5 0 1")]
    [InlineData("""
        { "type": "Sequence", "pretokenizers": [ { "type": "Split", "pattern": { "Regex": "." } },
          { "type": "ByteLevel", "use_regex": false } ] }
        """, "0 1 5 0 1")]
    public void Text_is_cut_by_the_pattern_of_the_file_or_else_by_GPT_2s(string before, string ids)
    {
        CheckpointTokenizer tokenizer = Pairs($"\"pre_tokenizer\": {before}, ", "", out _)!;
        Assert.Equal(ids, string.Join(' ', tokenizer.Encode("lo lo")));
        Assert.Equal("byte pairs of tokenizer.json", tokenizer.Description);
        Assert.Equal((null, null), (tokenizer.First, tokenizer.Last));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"pre_tokenizer\": null, ")]
    [InlineData("\"pre_tokenizer\": { \"type\": \"Whitespace\" }, ")]
    [InlineData("\"pre_tokenizer\": { \"type\": \"ByteLevel\", \"use_regex\": false }, ")]
    [InlineData("\"pre_tokenizer\": { \"type\": \"ByteLevel\", \"add_prefix_space\": true }, ")]
    [InlineData("\"pre_tokenizer\": { \"type\": \"Sequence\", \"pretokenizers\": "
        + "[ { \"type\": \"Split\", \"pattern\": { \"Regex\": \".\" } } ] }, ")]
    public void Pairs_of_what_is_not_bytes_or_is_cut_otherwise_are_not_read(string before)
    {
        Assert.Null(Pairs(before, "", out string? reason));
        Assert.Equal("tokenizer.json is of a kind (BPE) that is not read: byte-level pairs and word pieces are", reason);
    }

    [Theory]
    [InlineData("""{ "type": "RobertaProcessing", "sep": [ "</s>", 8 ], "cls": [ "<s>", 7 ] }""", 7, 8)]
    [InlineData("""{ "type": "BertProcessing", "sep": [ "</s>", 8 ], "cls": [ "<s>", 7 ] }""", 7, 8)]
    [InlineData("""
        { "type": "Sequence", "processors": [ { "type": "ByteLevel" }, { "type": "TemplateProcessing",
          "single": [ { "SpecialToken": { "id": "a" } }, { "Sequence": { "id": "A" } }, { "SpecialToken": { "id": "b" } } ],
          "special_tokens": { "a": { "ids": [7] }, "b": { "ids": [8] } } } ] }
        """, 7, 8)]
    [InlineData("""
        { "type": "TemplateProcessing", "single": [ { "Sequence": { "id": "A" } }, { "SpecialToken": { "id": "b" } } ],
          "special_tokens": { "b": { "ids": [8] } } }
        """, null, 8)]
    [InlineData("""{ "type": "ByteLevel" }""", null, null)]
    [InlineData("null", null, null)]
    public void Sequences_begin_and_end_with_the_tokens_of_the_file(string after, int? first, int? last)
    {
        CheckpointTokenizer tokenizer = Pairs(
            "\"pre_tokenizer\": { \"type\": \"ByteLevel\" }, ", $"\"post_processor\": {after}, ", out _)!;
        Assert.Equal((first, last), (tokenizer.First, tokenizer.Last));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{ \"version\": 1 }")]
    [InlineData("{ \"model\": { \"type\": \"WordPiece\", \"vocab\": { \"a\": \"x\" } } }")]
    public void A_file_that_is_none_is_refused_with_what_to_give_instead(string text)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.Path("tokenizer.json"), text);
        InputException error = Assert.Throws<InputException>(() => CheckpointTokenizer.Find(folder.Root, 9, out _));
        Assert.StartsWith($"{folder.Root}: its tokenizer cannot be read (", error.Message);
        Assert.EndsWith("); give --ids FILE", error.Message);
    }

    private static CheckpointTokenizer? Pairs(string before, string after, out string? reason)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.Path("tokenizer.json"), $$"""
            { {{before}} {{after}} "normalizer": null,
              "model": { "vocab": { "l": 0, "o": 1, "Ġ": 5, "lo": 6, "<s>": 7, "</s>": 8 }, "merges": [ "l o" ] } }
            """);
        return CheckpointTokenizer.Find(folder.Root, 9, out reason);
    }

    [Fact]
    public void Another_kind_is_none_and_says_why()
    {
        using TemporaryFolder folder = new();
        Assert.Null(CheckpointTokenizer.Find(folder.Root, 32000, out string? absent));
        Assert.Contains("neither tokenizer.json nor vocab.txt", absent);
        File.WriteAllText(folder.Path("tokenizer.json"), """{ "model": { "type": "Unigram", "vocab": [] } }""");
        Assert.Null(CheckpointTokenizer.Find(folder.Root, 32000, out string? other));
        Assert.Contains("(Unigram)", other);
    }
}

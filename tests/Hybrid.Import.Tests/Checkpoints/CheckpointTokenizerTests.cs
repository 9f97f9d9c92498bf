using Hybrid.Import.Checkpoints;
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
        Assert.Null(tokenizer.First);
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
        Assert.Contains("composed (NFC)", tokenizer.Description);
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

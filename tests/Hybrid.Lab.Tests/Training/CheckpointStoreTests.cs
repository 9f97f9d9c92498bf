using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Lab.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Training;

public class CheckpointStoreTests
{
    private const string Newest = "checkpoints/step-000000040";

    [Fact]
    public void The_last_two_checkpoints_are_kept()
    {
        using TemporaryFolder folder = new();
        CheckpointStore store = new(folder.Path("c"));
        Assert.Null(store.Latest);
        using BigramTrainer trainer = new(Plans.Small().Options);
        foreach (int step in (int[])[0, 5, 9, 123])
        {
            trainer.StepsDone = step;
            store.Save(trainer);
        }

        Assert.Equal(123, store.Latest);
        Assert.Equal(
            ["step-000000009", "step-000000123"], Directory.GetFileSystemEntries(folder.Path("c")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_full_disk_is_an_error_that_names_the_file_and_the_last_good_checkpoint_survives()
    {
        using TemporaryFolder folder = new();
        using BigramTrainer trainer = new(Plans.Small().Options);
        new CheckpointStore(folder.Path("c")).Save(trainer);
        string[] before = Directory.GetFiles(folder.Path("c"), "*", SearchOption.AllDirectories);
        trainer.StepsDone = 7;
        for (int room = 0; room < 700; room += 97)
        {
            CheckpointStore full = new(folder.Path("c"));
            FileCalls.Replace(new FullDisk(room));
            string message = Assert.Throws<InputException>(() => full.Save(trainer)).Message;
            FileCalls.Replace(null);
            Assert.Matches(
                @"step-000000007\.partial/(weights|optimiser)\.safetensors: cannot be written \(No space left on device\)", message);
            Assert.Equal(before, Directory.GetFiles(folder.Path("c"), "*", SearchOption.AllDirectories));
        }

        using BigramTrainer other = new(Plans.Small().Options);
        new CheckpointStore(folder.Path("c")).Load(other, 0);
        Assert.Equal(0, other.StepsDone);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_or_renamed_is_named_and_leaves_nothing()
    {
        using TemporaryFolder folder = new();
        using BigramTrainer trainer = new(Plans.Small().Options);
        CheckpointStore store = new(folder.Path("c"));
        store.Save(trainer);
        string[] before = Directory.GetFileSystemEntries(folder.Path("c"), "*", SearchOption.AllDirectories);
        trainer.StepsDone = 7;
        foreach ((bool make, string name) in ((bool, string)[])[(false, "7.partial"), (true, "7")])
        {
            FileCalls.Replace(new NoFolders(make));
            string message = Assert.Throws<InputException>(() => store.Save(trainer)).Message;
            FileCalls.Replace(null);
            Assert.Equal(
                $"{folder.Path("c")}/step-00000000{name}: cannot be made (no); make room or give access, "
                    + "then continue from the last checkpoint with --resume",
                message);
            Assert.Equal(before, Directory.GetFileSystemEntries(folder.Path("c"), "*", SearchOption.AllDirectories));
        }
    }

    [Theory]
    [InlineData("weights.safetensors", "is torn or altered")]
    [InlineData("optimiser.safetensors", "is torn or altered")]
    [InlineData("state.json", "state.json")]
    public void A_torn_file_is_an_error_that_names_it_and_the_way_back(string name, string message)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run"), file = Path.Combine(path, Newest, name);
        Plans.Run(path, Plans.Small());
        using (FileStream stream = new(file, FileMode.Open))
            stream.SetLength(stream.Length - 3);
        string error = Assert.Throws<InputException>(() => Plans.Run(path, Plans.Small())).Message;
        Assert.Contains(message, error);
        Assert.StartsWith(file, error);
        // The way back that the message shows.
        Assert.EndsWith($"; remove the folder {Path.Combine(path, Newest)} to continue from the checkpoint before it", error);
        Directory.Delete(Path.Combine(path, Newest), recursive: true);
        Assert.Equal(TrainingOutcome.Finished, Plans.Run(path, Plans.Small()).Outcome);
    }

    [Fact]
    public void One_flipped_bit_anywhere_in_the_numbers_is_found()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run"), file = Path.Combine(path, Newest, "weights.safetensors");
        Plans.Run(path, Plans.Small());
        byte[] good = File.ReadAllBytes(file);
        foreach (int place in (int[])[0, 9, good.Length / 2, good.Length - 1])
        {
            byte[] flipped = [.. good];
            flipped[place] ^= 0x10;
            File.WriteAllBytes(file, flipped);
            Assert.StartsWith($"{file}: is torn or altered", Assert.Throws<InputException>(() => Plans.Run(path, Plans.Small())).Message);
        }

        File.WriteAllBytes(file, good);
        Plans.Run(path, Plans.Small());
    }

    [Fact]
    public void A_missing_file_and_a_state_of_another_step_are_named()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run");
        Plans.Run(path, Plans.Small());
        Directory.Move(Path.Combine(path, Newest), Path.Combine(path, "checkpoints/step-000000035"));
        Directory.Delete(Path.Combine(path, "checkpoints/step-000000030"), recursive: true);
        Assert.Contains("must be of step 35, as its folder is, got step 40", Assert.Throws<InputException>(
            () => Plans.Run(path, Plans.Small())).Message);
        File.Delete(Path.Combine(path, "checkpoints/step-000000035/state.json"));
        Assert.Contains("state.json: cannot be read", Assert.Throws<InputException>(() => Plans.Run(path, Plans.Small())).Message);
    }

    [Fact]
    public void Damaged_checkpoints_of_one_step_are_set_aside_beside_each_other()
    {
        using TemporaryFolder folder = new();
        CheckpointStore store = new(folder.Path("c"));
        using BigramTrainer trainer = new(Plans.Small().Options);
        string[] aside = [.. Enumerable.Range(0, 3).Select(_ =>
        {
            store.Save(trainer);
            return Path.GetFileName(store.SetAside(0));
        })];
        Assert.Equal(["step-000000000.damaged", "step-000000000.damaged-2", "step-000000000.damaged-3"], aside);
        Assert.Equal(aside, Directory.GetDirectories(folder.Path("c")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Null(store.Latest);
    }

    [Fact]
    public void A_state_that_may_not_be_read_is_told_from_one_that_is_torn()
    {
        using TemporaryFolder folder = new();
        CheckpointStore store = new(folder.Path("c"));
        using BigramTrainer trainer = new(Plans.Small().Options);
        store.Save(trainer);
        Assert.Null(store.Damage(0));
        string state = folder.Path("c/step-000000000/state.json");
        using FileStream held = new(state, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.StartsWith($"{state}: cannot be read (", store.Damage(0));
    }

    [Fact]
    public void A_checkpoint_of_another_network_is_refused_by_its_tensors()
    {
        using TemporaryFolder folder = new();
        using BigramTrainer trainer = new(Plans.Small().Options), other = new(Plans.Small(data: "markov:vocabulary=9,entropy=1").Options);
        CheckpointStore store = new(folder.Path("c"));
        store.Save(trainer);
        Assert.Contains(
            "tensor 'bigram.logits' must be [9, 9], got [8, 8]", Assert.Throws<InputException>(() => store.Load(other, 0)).Message);
        using BigramTrainer sgd = new(Plans.Small(kind: Networks.Training.OptimiserKind.Sgd).Options);
        Assert.Contains("tensor 'mean.bigram.logits' belongs to no part", Assert.Throws<InputException>(() => store.Load(sgd, 0)).Message);
    }

    /// <summary>A disk with room for a few bytes in every file.</summary>
    private sealed class NoFolders(bool make) : FileCalls
    {
        public override void MakeFolder(string path)
        {
            if (!make)
                throw new IOException("no");
            base.MakeFolder(path);
        }

        public override void RenameFolder(string from, string to) => throw new IOException("no");
    }

    private sealed class FullDisk(int room) : FileCalls
    {
        public override FileStream Open(string path, FileMode mode, FileAccess access, FileShare share) => new FullFile(path, room);
    }

    private sealed class FullFile(string path, int room) : FileStream(path, FileMode.CreateNew)
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Length + buffer.Length > room)
            {
                base.Write(buffer[..(int)Math.Max(0, room - Length)]);
                throw new IOException("No space left on device");
            }

            base.Write(buffer);
        }
    }
}

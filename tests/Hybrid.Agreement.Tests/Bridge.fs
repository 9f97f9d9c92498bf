namespace Hybrid.Agreement.Tests

open System
open System.Threading
open Expecto
open Hybrid.Lab.Engines
open Xunit
open Xunit.Abstractions

/// A leaf's name as a row of a theory. Not a string: of those xunit shows the first fifty characters.
type Claim(name: string) =
    let mutable name = name
    new() = Claim ""
    member _.Name = name
    override _.ToString() = name

    interface IXunitSerializable with
        member _.Serialize info = info.AddValue("name", name)

        member _.Deserialize info = name <- info.GetValue<string> "name"

/// The leaves of Expecto's tree, by their own names: those of the branches are part of a claim's.
module private Leaves =

    let private all =
        lazy
            (Test.toTestCodeList Tree.tests
             |> List.map (fun leaf -> List.last leaf.name, leaf.test)
             |> dict)

    /// Claims about an engine that a machine may lack.
    let private ofLackable =
        lazy
            (Settings.covering
             |> Seq.filter (fun setting ->
                 Settings.lackable
                 |> Array.exists (fun (entry: EngineEntry) -> entry.Name = setting.Engine.Name))
             |> Seq.map ClaimTests.name
             |> Set.ofSeq)

    let rows mayBeMissing =
        let data = TheoryData<Claim>()

        for name in all.Value.Keys do
            if ofLackable.Value.Contains name = mayBeMissing then
                data.Add(Claim name)

        data

    let run name =
        match all.Value[name] with
        | Sync action -> action ()
        | SyncWithCancel action -> action CancellationToken.None
        | Async action -> Async.RunSynchronously action
        | AsyncFsCheck(config, _, action) ->
            Async.RunSynchronously(action (defaultArg config FsCheckConfig.defaultConfig))

/// A theory about an engine that a machine may lack: skipped, with the reason, where it does.
[<AttributeUsage(AttributeTargets.Method)>]
type EngineTheoryAttribute() as this =
    inherit TheoryAttribute()

    do
        this.Skip <-
            Settings.lackable
            |> Array.tryPick (fun entry -> entry.WhyMissing.Invoke() |> Option.ofObj)
            |> Option.toObj

/// Expecto's tree under `dotnet test`: every leaf is a row of a theory, by its name.
type AgreementTests() =

    static member Everywhere = Leaves.rows false

    static member WhereTheEngineIs = Leaves.rows true

    [<Theory; MemberData(nameof AgreementTests.Everywhere)>]
    [<Trait("guards", "(4.1) (4.2) (4.3) (5.1) (5.2) (5.3) (8.1) (8.2) (8.4) (8.5) by network")>]
    [<Trait("guards", "(15.1) (15.2) (15.3) (15.4) (15.5) (15.6) (15.7) (15.8) (15.9) (15.11) by network")>]
    member _.Leaf(claim: Claim) = Leaves.run claim.Name

    [<EngineTheory; MemberData(nameof AgreementTests.WhereTheEngineIs)>]
    member _.LeafOfAnEngineThatMayBeMissing(claim: Claim) = Leaves.run claim.Name

BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Register-IpcSerializer' {
    AfterEach { Remove-TestObject }

    AfterEach { Unregister-IpcSerializer PesterLines -ErrorAction Ignore }

    It 'adds a serializer that messages can use' {
        Register-IpcSerializer PesterLines { $_ -join "`n" } { , [Text.Encoding]::UTF8.GetString($_).Split("`n") } -Description 'Lines'
        $queue = New-IpcQueue -Serializer PesterLines
        Send-IpcMessage $queue ('a', 'b')
        $lines = Receive-IpcMessage $queue
        $lines | Should -Be 'a', 'b'
        (Get-IpcSerializer PesterLines).Description | Should -Be 'Lines'
    }

    It 'replaces one when it is told to' {
        (Register-IpcSerializer PesterLines { 'one' } { 'read' } -PassThru).Name | Should -Be 'PesterLines'
        { Register-IpcSerializer PesterLines { 'two' } { 'read' } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        Register-IpcSerializer PesterLines { 'two' } { 'read' } -Force
        [Text.Encoding]::UTF8.GetString((ConvertTo-IpcData 1 PesterLines)) | Should -Be 'two'
    }

    It 'takes a class of .NET' {
        # As text: the module is there when it is compiled.
        Register-IpcSerializer -InputObject (Invoke-Expression @'
            class PesterLength : PSIpc.IIpcSerializer {
                [string] get_Name() { return 'PesterLines' }
                [string] get_Description() { return 'lengths' }
                [void] Serialize([object] $value, [System.Buffers.IBufferWriter[byte]] $output, [int] $depth) {
                    [System.Buffers.BuffersExtensions]::Write[byte]($output, [byte[]]@("$value".Length))
                }
                [object] Deserialize([System.ReadOnlyMemory[byte]] $data) { return $data.ToArray()[0] }
            }
            [PesterLength]::new()
'@)
        ConvertTo-IpcData 'four' PesterLines | ConvertFrom-IpcData -Serializer PesterLines | Should -Be 4
    }

    It 'says what it cannot add' {
        { Register-IpcSerializer Json { 1 } { 1 } -Force -ErrorAction Stop } | Should -Throw -ErrorId 'IpcAlreadyExists,*'
        { Register-IpcSerializer 'a b' { 1 } { 1 } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidName,*'
    }
}

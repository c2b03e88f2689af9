"""The page of `signpost evaluate --report`: how well recognition does, for somebody who answers for people's safety.

`findings` gathers what there is to say (with `bootstrap` and `calibration`), `charts` draws, `page` writes. All of it is pure: the
same labels, predictions and date give the same page, byte for byte.
"""

"""DICOM files, made by pydicom."""

from pathlib import Path

import numpy as np
import pydicom


def write_dicom(path: Path, stored: np.ndarray, **elements: object) -> None:
    """Write int16 values (H, W), or slices (N, H, W), as a CT: HU + 1000."""
    file = pydicom.Dataset()
    meta = file.file_meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
    meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    file.SOPClassUID = meta.MediaStorageSOPClassUID
    file.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    file.Rows, file.Columns = stored.shape[-2:]
    if stored.ndim == 3:
        file.NumberOfFrames = len(stored)
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 16, 15, 1
    file.RescaleSlope, file.RescaleIntercept = 1, -1000
    file.WindowCenter, file.WindowWidth = 40, 400
    file.PixelData = stored.astype("<i2").tobytes()
    for name, value in elements.items():
        setattr(file, name, value)
    file.save_as(path, enforce_file_format=True)

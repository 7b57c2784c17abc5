"""The first tables of this app."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('applications', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reply', models.CharField(choices=[('waiting', 'waiting for an operator'), ('granted', 'granted'), ('refused', 'refused')], default='waiting', max_length=16)),
                ('answer', models.TextField(blank=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('text', models.TextField()),
                ('link', models.CharField(max_length=500)),
                ('picture', models.BinaryField(null=True)),
                ('picture_type', models.CharField(blank=True, max_length=20)),
                ('picture_hash', models.CharField(blank=True, max_length=32)),
                ('application', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='showcase', to='applications.application')),
            ],
            options={
                'ordering': ['-asked_at', 'id'],
            },
        ),
    ]
